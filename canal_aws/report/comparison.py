"""The architectures side by side, as data: derived from their descriptions, so that it cannot disagree with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import architectures
from architectures import Architecture, Hop
from canal_aws.address_limits import node_limit
from canal_aws.addressing import AddressPlan
from canal_aws.route_budget import DEFAULT_QUOTA, HARD_MAXIMUM, QUOTA_CODE, RouteBudget
from canal_aws.settings import Settings

#: The default of 2017, which is why native routes were not recommended (the README of 2017: "50 per VPC"; the quota
#: was and is per route table).
ROUTES_PER_TABLE_IN_2017 = 50


@dataclass(frozen=True)
class Path:
    """How a pod's packet travels between two nodes. `overhead` in bytes, `mtu` what a pod could send on this path."""

    carried_by: str
    encapsulated: bool
    overhead: int
    mtu: int


@dataclass(frozen=True)
class Row:
    """One architecture, as the comparison shows it.

    `pod_mtu` is what pods get: the smallest of the paths' MTUs. `nodes_by_default` is how many nodes, control plane
    too, the default settings carry in three zones: by addresses, and by AWS's default quota where nodes need routes.
    """

    name: str
    title: str
    same_subnet: Path
    cross_subnet: Path
    pod_mtu: int
    between_nodes: tuple[str, ...]
    source_dest_check: bool
    pod_addresses: str
    vpc_routes: str
    node_limit: str
    nodes_by_default: int
    control_plane_down: str
    in_2017: str
    today: str
    avoid_when: str


@dataclass(frozen=True)
class Canal:
    """What speaks for and against Canal itself, whichever architecture carries its packets."""

    what_it_is: str
    choose_when: tuple[str, ...]
    avoid_when: tuple[str, ...]


#: Sources: Calico documentation 3.32, install-for-flannel; kOps commit 49508aaa51; rancher/rke2-charts, rke2-canal;
#: tigera/operator v1.42.3, migration/convert; Calico v3.32.1, manifests/canal.yaml and calico-typha.yaml.
CANAL = Canal(
    what_it_is="Calico's network policy on flannel's networking, deployed together from one set of manifests",
    choose_when=(
        "a cluster that runs flannel needs network policy, and its addresses and routes must stay as they are",
        "a distribution that ships and tests the pairing is in use: RKE2 does",
    ),
    avoid_when=(
        "the cluster is new and its networking is free to choose: Calico's vendor advises Calico's own IPIP or VXLAN "
        "instead of flannel's VXLAN, and calico-ipip here is that, with no flannel in it",
        "the Tigera operator is to manage it: it does not know flannel",
        "kOps is to build it: kOps removed Canal for Kubernetes 1.28",
        "hundreds of nodes watch the API server: Canal's manifests have no Typha, Calico's advise it past 50 nodes",
    ),
)


def rows(chosen: Iterable[Architecture] = architectures.ARCHITECTURES, link_mtu: int | None = None) -> tuple[Row, ...]:
    """The comparison; `link_mtu` in bytes, by default what a VPC carries."""
    return tuple(_row(architecture, link_mtu or architectures.model.VPC_MTU) for architecture in chosen)


def as_json(chosen: Iterable[Architecture] = architectures.ARCHITECTURES) -> dict[str, Any]:
    """The comparison and what is said of Canal itself, as JSON takes it."""
    return {"architectures": [asdict(row) for row in rows(chosen)], "canal": asdict(CANAL)}


def _row(architecture: Architecture, link_mtu: int) -> Row:
    return Row(
        name=architecture.name,
        title=architecture.title,
        same_subnet=_path(architecture.same_subnet, link_mtu),
        cross_subnet=_path(architecture.cross_subnet, link_mtu),
        pod_mtu=architecture.pod_mtu(link_mtu),
        between_nodes=_between_nodes(architecture),
        source_dest_check=architecture.source_dest_check,
        pod_addresses=architecture.pod_addresses.value,
        vpc_routes=_vpc_routes(architecture),
        node_limit=_node_limit(architecture),
        nodes_by_default=_nodes_by_default(architecture),
        control_plane_down=architecture.verdict.control_plane_down,
        in_2017=architecture.verdict.in_2017,
        today=architecture.verdict.today,
        avoid_when=architecture.verdict.avoid_when,
    )


def _path(hop: Hop, link_mtu: int) -> Path:
    return Path(hop.value, hop.encapsulated, hop.overhead, link_mtu - hop.overhead)


def _between_nodes(architecture: Architecture) -> tuple[str, ...]:
    """What the firewall opens for pod traffic; on control-plane nodes the broad rules leave out etcd's ports."""
    opened = tuple(f"{traffic} ({traffic.description})" for traffic in architecture.node_traffic)
    if architecture.carries_pod_addresses:
        opened += ("everything from the node groups", "everything from the pod CIDR")
    return opened


def _vpc_routes(architecture: Architecture) -> str:
    each = architecture.vpc_routes_per_node
    if not each:
        return "0"
    return f"{each} a node (control plane too) in every table of a subnet that holds nodes"


def _nodes_by_default(architecture: Architecture) -> int:
    settings, zones = Settings(architecture=architecture.name), ("us-east-1a", "us-east-1b", "us-east-1c")
    by_addresses = node_limit(settings, len(zones)).limit
    by_routes = RouteBudget.of(AddressPlan.of(settings, zones), architecture, DEFAULT_QUOTA).node_limit
    return by_addresses if by_routes is None else min(by_addresses, by_routes)


def _node_limit(architecture: Architecture) -> str:
    if architecture.vpc_routes_per_node:
        return (
            f"routes per table ({QUOTA_CODE}), less the table's fixed ones: {DEFAULT_QUOTA} by default, "
            f"{ROUTES_PER_TABLE_IN_2017} in 2017, never above {HARD_MAXIMUM:,}"
        )
    if architecture.mesh_limit is not None:
        return f"BGP mesh up to about {architecture.mesh_limit} nodes, then route reflectors"
    return "the pod CIDR: one block a node"
