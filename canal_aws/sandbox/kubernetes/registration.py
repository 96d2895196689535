"""Keeps a cluster's Nodes equal to its instances."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from canal_aws.sandbox.kubernetes.api_client import ApiClient, ApiError
from canal_aws.sandbox.kubernetes.instances import Instance
from canal_aws.sandbox.kubernetes.nodes import KWOK_ANNOTATION, NodeSpec

_NODES = "/api/v1/nodes"
_CONFLICT = 409


def register(api: ApiClient, instances: Iterable[Instance], kubernetes_version: str, log: logging.Logger) -> list[str]:
    """Create a Node for each running instance, delete those whose instance is gone; returns the Nodes' names.

    A stopped instance keeps its Node. A Node of the same name but another instance is deleted and made anew, since
    providerID and podCIDR cannot be changed. Raises ApiError.
    """
    wanted = {
        instance.node: instance.node_spec(kubernetes_version)
        for instance in instances
        if instance.running and instance.node
    }
    kept = {instance.node for instance in instances if not instance.gone}
    found = {node["metadata"]["name"]: node for node in api.get(_NODES)["items"]}
    for name, node in found.items():
        if KWOK_ANNOTATION not in node["metadata"].get("annotations", {}):
            continue  # not made here
        if name not in kept or (name in wanted and not _same(node, wanted[name])):
            log.info("Node %s: its instance %s is gone: deleted", name, node["spec"].get("providerID"))
            _delete(api, name)
    for name, spec in wanted.items():
        if name not in found or not _same(found[name], spec):
            _create(api, spec, log)
    return sorted(kept & (set(wanted) | set(found)))


def _same(node: dict[str, Any], spec: NodeSpec) -> bool:
    return bool(node["spec"].get("providerID") == spec.provider_id)


def _create(api: ApiClient, spec: NodeSpec, log: logging.Logger) -> None:
    try:
        api.create(_NODES, spec.node())
    except ApiError as error:
        if error.status != _CONFLICT:
            raise
    else:
        log.info("Node %s: registered for %s", spec.name, spec.provider_id)


def _delete(api: ApiClient, name: str) -> None:
    """The Node and its Pods: no kubelet is left that could end them, and the garbage collector takes 40 s."""
    api.delete(f"{_NODES}/{name}")
    for pod in api.get(f"/api/v1/pods?fieldSelector=spec.nodeName%3D{name}")["items"]:
        metadata = pod["metadata"]
        api.delete(f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}", grace_seconds=0)
