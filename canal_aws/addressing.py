"""The address plan: pure functions from settings to subnets, node addresses, pod CIDRs, and how many nodes fit.

Every slot belongs to a name: a zone's slot to its letter, a node's to its zone and number. So adding a worker or a
zone never moves another one, and nothing has to be remembered but where control-plane nodes stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Literal

from architectures import PodAddresses

if TYPE_CHECKING:
    from canal_aws.settings import Settings

#: A zone's slot is the place of its letter here. No Region has a zone past f today; two are spare.
ZONE_LETTERS = "abcdefgh"

# The first four addresses of a subnet and its last are AWS's (VPC User Guide, "Subnet CIDR blocks").
_FIRST_CONTROL_PLANE_HOST = 10
_FIRST_WORKER_HOST = 16
_LAST_RESERVED = 1

# Pod CIDRs of a zone: the first five are for control-plane nodes, of which there are five at most.
_CONTROL_PLANE_POD_CIDRS = 5

#: Calico hands a node addresses in blocks of this prefix (IPPool, blockSize, default 26).
CALICO_BLOCK_PREFIX = 26

Role = Literal["control-plane", "worker"]


@dataclass(frozen=True)
class Limit:
    """How many nodes fit, and the setting (`bound_by`, with its value) that says so."""

    limit: int
    bound_by: str
    value: str


@dataclass(frozen=True)
class ZonePlan:
    """A zone's two subnets: `nodes` for instances, `edge` for NAT gateways and load balancers.

    They are apart because AWS gives a load balancer any free address of its subnet, a planned one included.
    """

    name: str
    nodes: IPv4Network
    edge: IPv4Network

    @property
    def letter(self) -> str:
        """The zone's letter, which names what belongs to it."""
        return self.name[-1]


@dataclass(frozen=True)
class NodePlan:
    """One node: name (of the host, the Node and the resource), role, zone, address, and pod CIDR where one is planned."""

    name: str
    role: Role
    zone: str
    private_ip: IPv4Address
    pod_cidr: IPv4Network | None
    init: bool = False


@dataclass(frozen=True)
class RouteTablePlan:
    """A route table of subnets that hold nodes: the zones that use it and the routes that it has before any pod's.

    `nat_zone` is the zone whose NAT gateway it leads to; None where it leads to the internet gateway.
    """

    name: str
    zones: tuple[str, ...]
    nat_zone: str | None
    fixed_routes: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """What an earlier `up` decided and the next one keeps, so that growth moves nothing.

    `zones` in their order, `edge_zones` where the API's load balancers stand, the zone of each control-plane node by name, the zones that have a NAT gateway, and the
    name of the architecture that the VPC was made for.
    """

    zones: tuple[str, ...] = ()
    edge_zones: tuple[str, ...] = ()
    control_plane: Mapping[str, str] = field(default_factory=dict)
    nat_zones: tuple[str, ...] = ()
    architecture: str | None = None


@dataclass(frozen=True)
class AddressPlan:
    """Everything with an address in it, in a stable order.

    `edges` are the zones of the load balancers: the plan's own and those that it once had. A network load balancer
    gains subnets and never loses one without being made anew, under another name (Terraform's aws_lb, `subnets`).
    """

    vpc_cidr: IPv4Network
    zones: tuple[ZonePlan, ...]
    edges: tuple[ZonePlan, ...]
    nodes: tuple[NodePlan, ...]
    route_tables: tuple[RouteTablePlan, ...]

    @classmethod
    def of(cls, settings: Settings, zones: Sequence[str], kept: Kept | None = None) -> AddressPlan:
        """The plan for these zone names, around what is kept."""
        kept = kept or Kept()
        return cls(
            vpc_cidr=settings.vpc_cidr,
            zones=tuple(zone_plan(settings.vpc_cidr, zone) for zone in zones),
            edges=tuple(zone_plan(settings.vpc_cidr, zone) for zone in sorted({*zones, *kept.edge_zones})),
            nodes=tuple(_nodes(settings, zones, kept.control_plane)),
            route_tables=tuple(_route_tables(settings, zones, kept.nat_zones)),
        )

    def of_role(self, role: Role) -> tuple[NodePlan, ...]:
        """The nodes of one role."""
        return tuple(node for node in self.nodes if node.role == role)


def zone_slot(zone: str) -> int:
    """The slot of a zone name like us-east-1a, from its letter. ValueError for a letter without a slot."""
    return ZONE_LETTERS.index(zone[-1])


def zone_plan(vpc_cidr: IPv4Network, zone: str) -> ZonePlan:
    """A zone's share: an eighth of the VPC, half of it for nodes and an eighth for the edge."""
    share = _nth(vpc_cidr, vpc_cidr.prefixlen + 3, zone_slot(zone))
    return ZonePlan(zone, nodes=_nth(share, share.prefixlen + 1, 0), edge=_nth(share, share.prefixlen + 3, 4))


def _nth(network: IPv4Network, prefix: int, index: int) -> IPv4Network:
    """The `index`-th block of that prefix in a network, without walking through those before it."""
    first = int(network.network_address) + (index << (32 - prefix))
    block = IPv4Network((first, prefix))
    if not block.subnet_of(network):
        raise ValueError(f"{network} has no {index}th /{prefix}")
    return block


def place_control_plane(count: int, zones: Sequence[str], kept: Mapping[str, str]) -> dict[str, str]:
    """The zone of each control-plane node: where it stands, or, for a new one, the zone with the fewest so far.

    A zone added later moves no existing node; a node whose zone is no longer among `zones` gets a new place.
    """
    names = [f"control-plane-{index}" for index in range(count)]
    placed = {name: kept[name] for name in names if kept.get(name) in zones}
    for name in names:
        if name not in placed:
            taken = list(placed.values())
            placed[name] = min(zones, key=lambda zone: (taken.count(zone), zones.index(zone)))
    return {name: placed[name] for name in names}


def _nodes(settings: Settings, zones: Sequence[str], kept: Mapping[str, str]) -> Iterator[NodePlan]:
    places = place_control_plane(settings.control_plane_nodes, zones, kept)
    for index, (name, zone) in enumerate(places.items()):
        yield _node(settings, name, "control-plane", zone, _FIRST_CONTROL_PLANE_HOST + index, index)
    for zone in zones:
        for index in range(settings.workers_per_zone):
            name = f"worker-{zone[-1]}-{index}"
            yield _node(settings, name, "worker", zone, _FIRST_WORKER_HOST + index, _CONTROL_PLANE_POD_CIDRS + index)


def _node(settings: Settings, name: str, role: Role, zone: str, host: int, slot: int) -> NodePlan:
    pod_cidr = None
    if settings.description.plans_pod_cidrs:
        per_zone = _pod_cidrs(settings) // len(ZONE_LETTERS)
        pod_cidr = _nth(settings.pod_cidr, settings.node_pod_cidr_mask, zone_slot(zone) * per_zone + slot)
    return NodePlan(
        name=name,
        role=role,
        zone=zone,
        private_ip=zone_plan(settings.vpc_cidr, zone).nodes[host],
        pod_cidr=pod_cidr,
        init=name == "control-plane-0",
    )


def _route_tables(settings: Settings, zones: Sequence[str], nat_zones: Sequence[str]) -> Iterator[RouteTablePlan]:
    if settings.topology == "public":
        yield RouteTablePlan("nodes", tuple(zones), None, ("local", "0.0.0.0/0 to the internet gateway"))
        return
    fixed = ("local", "0.0.0.0/0 to the NAT gateway")
    if settings.nat_gateways == "per-zone":
        for zone in zones:
            yield RouteTablePlan(f"nodes-{zone[-1]}", (zone,), zone, fixed)
    else:
        standing = [zone for zone in zones if zone in nat_zones]
        yield RouteTablePlan("nodes", tuple(zones), (standing or list(zones))[0], fixed)


def _pod_cidrs(settings: Settings) -> int:
    """Pod CIDRs of one node's size that the cluster's pod CIDR holds."""
    return 1 << (settings.node_pod_cidr_mask - settings.pod_cidr.prefixlen)


def workers_per_zone_limit(settings: Settings) -> Limit:
    """Workers that one zone can take: by its subnet, and by its share of the pod CIDRs where the program plans them."""
    nodes_prefix = settings.vpc_cidr.prefixlen + 4
    by_subnet = (1 << (32 - nodes_prefix)) - _FIRST_WORKER_HOST - _LAST_RESERVED
    limits = [Limit(by_subnet, "vpcCidr", str(settings.vpc_cidr))]
    if settings.description.plans_pod_cidrs:
        by_pods = _pod_cidrs(settings) // len(ZONE_LETTERS) - _CONTROL_PLANE_POD_CIDRS
        limits.append(Limit(max(by_pods, 0), "podCidr", str(settings.pod_cidr)))
    return min(limits, key=lambda each: each.limit)


def cluster_limit(settings: Settings) -> Limit:
    """Nodes, control plane too, that the pod CIDR carries in this architecture: a block of its own for each."""
    if settings.description.pod_addresses is PodAddresses.CALICO_IPAM:
        blocks = 1 << max(CALICO_BLOCK_PREFIX - settings.pod_cidr.prefixlen, 0)
    else:
        blocks = _pod_cidrs(settings)
    return Limit(blocks, "podCidr", str(settings.pod_cidr))


def node_limit(settings: Settings, zones: int) -> Limit:
    """Nodes that this many zones can hold in the settings' architecture, by addresses alone (routes: route_budget)."""
    per_zone = workers_per_zone_limit(settings)
    by_zones = Limit(per_zone.limit * zones + settings.control_plane_nodes, per_zone.bound_by, per_zone.value)
    return min(by_zones, cluster_limit(settings), key=lambda each: each.limit)


def choose_zones(wanted: int | Sequence[str], available: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    """The zone names that a setting means: the named ones; or, for a count, those kept from before, then new ones.

    `available` are the zones where the stack's instance types are offered. A kept zone stays although AWS's list no
    longer has it, so that nothing moves. Fewer than wanted are returned where there are no more.
    """
    if not isinstance(wanted, int):
        return tuple(wanted)
    new = [zone for zone in sorted(available) if zone not in kept and zone[-1] in ZONE_LETTERS]
    return (*kept, *new)[:wanted]
