"""Nodes: their number against what Calico is made for, their machines against what kubeadm wants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from architectures.model import TYPHA_ADVISED_PAST
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check

# kubeadm's preflight (cmd/kubeadm/app/preflight/checks.go, InitNodeChecks; constants): 2 CPUs and 1,700 MB, of
# control-plane nodes alone. JoinNodeChecks asks nothing of a worker's size, so a small one runs, and holds little.
_TOO_SMALL = ("nano", "micro")
_CONTROL_PLANE = "controlPlaneInstanceType"


@check("bgp-mesh", group="nodes", source="Calico documentation 3.32, Configure BGP peering: 100 nodes or less")
def bgp_mesh_is_small_enough(plan: Plan) -> Iterator[Finding]:
    """A full BGP mesh has no more nodes than Calico advises; past that the program makes route reflectors."""
    limit = plan.architecture.mesh_limit
    if limit is None:
        yield ok("no BGP mesh in this architecture")
    elif plan.nodes > limit:
        if plan.settings.control_plane_nodes == 1:
            yield warning(
                f"{plan.nodes:,} nodes, past the {limit} of a BGP full mesh: the one control-plane node reflects all routes, "
                "and while it is away packets between nodes go nowhere",
                "set controlPlaneNodes = 3",
            )
        yield ok(f"{plan.nodes:,} nodes: past {limit} the control-plane nodes become route reflectors")
    else:
        yield ok(f"{plan.nodes:,} of {limit} nodes in the BGP mesh")


@check("typha", group="nodes", source="Calico documentation 3.32, on-premises installation")
def api_server_carries_the_watches(plan: Plan) -> Iterator[Finding]:
    """Each node's Felix watches the API server itself: Calico advises Typha between them past 50 nodes."""
    if plan.nodes > TYPHA_ADVISED_PAST:
        yield warning(
            f"{plan.nodes:,} nodes: past {TYPHA_ADVISED_PAST}, Calico advises Typha between its agents and the API server, "
            "and Canal ships none, so every node watches the API server by itself",
            "give the control plane larger instances and watch its memory, or have fewer and larger workers",
        )
    else:
        yield ok(f"{plan.nodes:,} nodes watch the API server; Calico advises Typha past {TYPHA_ADVISED_PAST}")


@check("instance-types", group="nodes", source="EC2 instance types, naming conventions; kubeadm, preflight checks")
def instance_types_can_be_nodes(plan: Plan) -> Iterator[Finding]:
    """Each instance type has an image for its CPU architecture, and as much CPU and memory as kubeadm asks for."""
    settings = plan.settings
    types = {_CONTROL_PLANE: settings.control_plane_instance_type}
    types |= {f"pool {pool.name}": pool.instance_type or settings.worker_instance_type for pool in settings.pools}
    for where, instance_type in types.items():
        family, _, size = instance_type.partition(".")
        small = size in _TOO_SMALL
        if where == _CONTROL_PLANE and (small or (size == "medium" and not family.startswith("t"))):
            yield fails(
                f"{where} = {instance_type}: kubeadm wants 2 CPUs and 1,700 MB on a control-plane node",
                "choose large or more",
            )
        elif small:
            yield warning(
                f"{where} = {instance_type}: kubelet, containerd and Canal leave little of 1 GB for pods",
                "choose large or more",
            )
        else:
            yield ok(
                f"{where} = {instance_type}: {cpu_architecture(instance_type)}, {settings.operating_system} has an image"
            )


def cpu_architecture(instance_type: str) -> str:
    """arm64 for Graviton's families (a1, and a g behind the generation's digit: m7g, c6gn), else x86_64."""
    family = instance_type.partition(".")[0]
    return "arm64" if family == "a1" or re.match(r"[a-z]+\d+[a-z]*g", family) else "x86_64"
