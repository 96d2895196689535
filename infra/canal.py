"""Canal on the cluster, and what goes with it: each object of canal_aws.manifests is a resource of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

from architectures import Architecture
from canal_aws.addressing import AddressPlan
from canal_aws.manifests import ClusterNetwork, Manifest, build, pod_cidr_policy
from canal_aws.manifests.add_ons import cloud_controller_manager, ebs_csi_driver
from canal_aws.manifests.rollout import rollout_minutes
from canal_aws.manifests.route_reflectors import RouteReflectors, route_reflectors
from canal_aws.settings import Settings
from canal_aws.stack.deployment import STACK_TAG
from infra.reflectors import reflect
from infra.stack import Identity

_DEFINITION = "CustomResourceDefinition"
_DAEMON_SET = "DaemonSet"
_WORKLOADS = (_DAEMON_SET, "Deployment")


@dataclass(frozen=True)
class CanalArgs:
    """What is put on the cluster of that many `nodes`. `timeout`, in seconds, is how long control-plane nodes may take to
    register where they become route reflectors."""

    architecture: Architecture
    network: ClusterNetwork
    nodes: int
    policy: Sequence[Manifest] = ()
    reflectors: RouteReflectors | None = None
    add_ons: Sequence[Manifest] = field(default=())
    timeout: int = 900

    @classmethod
    def of(cls, settings: Settings, plan: AddressPlan, identity: Identity) -> CanalArgs:
        """Everything that settings and address plan ask for."""
        planned = {node.name: str(node.pod_cidr) for node in plan.nodes if node.pod_cidr}
        control_plane = [node.name for node in plan.of_role("control-plane")]
        return cls(
            architecture=settings.description,
            network=ClusterNetwork(str(settings.pod_cidr), str(settings.service_cidr), settings.node_pod_cidr_mask),
            nodes=len(plan.nodes),
            policy=pod_cidr_policy(planned) if planned else (),
            reflectors=route_reflectors(settings.description, len(plan.nodes), control_plane),
            add_ons=_add_ons(settings, identity),
            timeout=settings.kubeconfig_timeout,
        )


def _add_ons(settings: Settings, identity: Identity) -> tuple[Manifest, ...]:
    objects: tuple[Manifest, ...] = ()
    if settings.cloud_controller_manager:
        objects += cloud_controller_manager(kubernetes_version=settings.kubernetes_version, cluster_name=identity.stack)
    if settings.ebs_csi_driver:
        objects += ebs_csi_driver(
            cluster_name=identity.stack,
            control_plane_nodes=settings.control_plane_nodes,
            volume_tags={STACK_TAG: identity.tag},
        )
    return objects


class Canal(pulumi.ComponentResource):
    """Everything that the program puts on Kubernetes.

    All of it is `deleted_with` the first control-plane node: destroy never waits for an API server that is gone.
    """

    def __init__(
        self,
        name: str,
        kubeconfig: pulumi.Output[str],
        control_plane: Mapping[str, aws.ec2.Instance],
        args: CanalArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Canal", name, None, opts)
        first = next(iter(control_plane.values()))
        provider = kubernetes.Provider(
            "kubernetes",
            kubeconfig=kubeconfig,
            # A new node's pod CIDR goes into the plan that is there: no moment without one, as a replacement would mean.
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(parent=self, deleted_with=first),
        )
        self._options = pulumi.ResourceOptions(parent=self, provider=provider, deleted_with=first)
        rollout = f"{rollout_minutes(args.nodes)}m"
        self._rollout = pulumi.CustomTimeouts(create=rollout, update=rollout)
        definitions: list[pulumi.Resource] = []
        # The policy first: no pod runs on a node before Canal does, so nobody has claimed what is not his by then.
        before_workloads: list[pulumi.Resource] = [self._object(manifest) for manifest in args.policy]
        for manifest in (*build(args.architecture, args.network), *args.add_ons):
            depends_on: list[pulumi.Resource] = []
            if manifest["apiVersion"].startswith("crd.projectcalico.org/"):
                depends_on = definitions
            elif manifest["kind"] in _WORKLOADS:
                depends_on = before_workloads
            resource = self._object(manifest, depends_on)
            if manifest["kind"] == _DEFINITION:
                definitions.append(resource)
            if manifest["kind"] not in _WORKLOADS:
                before_workloads.append(resource)
        if args.reflectors:
            peerings = [self._object(manifest, definitions) for manifest in args.reflectors.peerings]
            reflect(args.reflectors, peerings, kubeconfig, control_plane, args.timeout, self._options)
        self.register_outputs({})

    def _object(self, manifest: Manifest, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.Resource:
        own = pulumi.ResourceOptions(
            depends_on=list(depends_on),
            custom_timeouts=self._rollout if manifest["kind"] == _DAEMON_SET else None,
        )
        options = pulumi.ResourceOptions.merge(self._options, own)
        return pulumi.CustomResource(_type_token(manifest), _logical_name(manifest), dict(manifest), options)


def _type_token(manifest: Manifest) -> str:
    api_version = manifest["apiVersion"]
    return f"kubernetes:{'core/' if '/' not in api_version else ''}{api_version}:{manifest['kind']}"


def _logical_name(manifest: Mapping[str, Any]) -> str:
    """The kind and the object's name: unique in a stack, since all namespaced objects share one namespace."""
    return f"{manifest['kind'].lower()}-{manifest['metadata']['name']}"
