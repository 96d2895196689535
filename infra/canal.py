"""Canal on the cluster: the objects of canal_aws.manifests, each as a resource of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from architectures import Architecture
from canal_aws.manifests import ClusterNetwork, Manifest, build

_DEFINITION = "CustomResourceDefinition"
_WORKLOADS = ("DaemonSet", "Deployment")


class Canal(pulumi.ComponentResource):
    """Everything that the architecture puts on Kubernetes.

    All of it is `deleted_with` the control plane: destroy never waits for an API server that is gone.
    """

    def __init__(
        self,
        name: str,
        kubeconfig: pulumi.Output[str],
        control_plane: pulumi.Resource,
        architecture: Architecture,
        network: ClusterNetwork,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Canal", name, None, opts)
        provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=kubeconfig,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=control_plane),
        )
        manifests = build(architecture, network)
        definitions: list[pulumi.Resource] = []
        before_workloads: list[pulumi.Resource] = []
        for manifest in manifests:
            depends_on = []
            if manifest["apiVersion"].startswith("crd.projectcalico.org/"):
                depends_on = definitions
            elif manifest["kind"] in _WORKLOADS:
                depends_on = before_workloads
            resource = pulumi.CustomResource(
                _type_token(manifest),
                _logical_name(manifest),
                dict(manifest),
                pulumi.ResourceOptions(
                    parent=self, provider=provider, depends_on=list(depends_on), deleted_with=control_plane
                ),
            )
            if manifest["kind"] == _DEFINITION:
                definitions.append(resource)
            if manifest["kind"] not in _WORKLOADS:
                before_workloads.append(resource)
        self.register_outputs({})


def _type_token(manifest: Manifest) -> str:
    api_version = manifest["apiVersion"]
    return f"kubernetes:{'core/' if '/' not in api_version else ''}{api_version}:{manifest['kind']}"


def _logical_name(manifest: Mapping[str, Any]) -> str:
    """The kind and the object's name: unique in a stack, since Canal's objects share one namespace."""
    return f"{manifest['kind'].lower()}-{manifest['metadata']['name']}"
