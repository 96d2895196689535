"""The few shapes that all of Kubernetes' objects share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

#: A Kubernetes object as the API takes it: apiVersion, kind, metadata and the rest.
Manifest = dict[str, Any]

#: Where all of Calico's and flannel's namespaced objects live, as in upstream's manifests.
NAMESPACE = "kube-system"


def manifest(
    api_version: str,
    kind: str,
    name: str,
    *,
    namespace: str | None = None,
    labels: Mapping[str, str] | None = None,
    **body: Any,
) -> Manifest:
    """An object of that kind and name; `body` is everything beside the metadata."""
    metadata: dict[str, Any] = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


def identity(item: Manifest) -> tuple[str, str, str, str]:
    """What tells an object from all others: API group and version, kind, namespace, name."""
    metadata = item["metadata"]
    return item["apiVersion"], item["kind"], metadata.get("namespace", ""), metadata["name"]


def env_value(name: str, value: str) -> Manifest:
    """An environment variable with a value of its own; an empty one is left out, as the API server stores it."""
    return {"name": name, "value": value} if value else {"name": name}


def env_field(name: str, path: str) -> Manifest:
    """An environment variable that the pod's own fields fill (downward API).

    With the default apiVersion written out: server-side apply compares a fieldRef as a whole, and without it whoever
    applies the same object under another name is told of a conflict.
    """
    return {"name": name, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}


def env_config(name: str, config_map: str, key: str) -> Manifest:
    """An environment variable that a ConfigMap's key fills."""
    return {"name": name, "valueFrom": {"configMapKeyRef": {"name": config_map, "key": key}}}


def exec_probe(command: Sequence[str], **timing: int) -> Manifest:
    """A probe that runs a command in the container; `timing` is the probe's own fields, in seconds or tries."""
    return {"exec": {"command": list(command)}, **timing}
