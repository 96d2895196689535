"""The address plan: pure functions from settings to subnets, node addresses, pod CIDRs, and how many nodes fit.

Every slot belongs to a name: a zone's slot to its letter, a node's to its zone and number. The default pool fills a
zone's slots from the first one up, the other pools from the last one down. What an earlier `up` gave a node stays with
it (`Kept`), so no change of zones, pools or counts moves another node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Literal

from canal_aws.address_limits import (
    CONTROL_PLANE_POD_CIDRS,
    FIRST_WORKER_HOST,
    ZONE_LETTERS,
    pod_cidrs,
    workers_per_zone_limit,
)
from canal_aws.worker_slots import in_zone, worker_name, worker_slots

if TYPE_CHECKING:
    from canal_aws.settings import Settings


_FIRST_CONTROL_PLANE_HOST = 10

Role = Literal["control-plane", "worker"]

#: The group of control-plane nodes; those of workers are named for their pools.
CONTROL_PLANE = "control-plane"


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
    """One node: name (of the host, the Node and the resource), role, zone, address, and pod CIDR where one is planned.

    `group` is what it shares launch template and user data with: `control-plane`, or its pool's name.
    """

    name: str
    role: Role
    zone: str
    private_ip: IPv4Address
    pod_cidr: IPv4Network | None
    init: bool = False
    group: str = ""


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

    `zones` in their order, `edge_zones` where the API's load balancers stand, the zone of each control-plane node by
    name, the address of each worker by name, the zones that have a NAT gateway, by route table the names of the nodes
    that have a pod route in it, the name of the architecture that the VPC was made for, whether there is a bucket for
    etcd's snapshots, and by their settings' keys the ranges that the cluster stands on (vpcCidr, podCidr, serviceCidr,
    nodePodCidrMask), as far as the state tells them. `api_access`, `topology`, `nat_gateways` and `kubernetes_minor`
    (like 1.36) are what running nodes were made with; None where none run, or the state does not tell.
    """

    zones: tuple[str, ...] = ()
    edge_zones: tuple[str, ...] = ()
    control_plane: Mapping[str, str] = field(default_factory=dict)
    workers: Mapping[str, IPv4Address] = field(default_factory=dict)
    nat_zones: tuple[str, ...] = ()
    pod_routes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    architecture: str | None = None
    snapshot_bucket: bool = False
    ranges: Mapping[str, str] = field(default_factory=dict)
    api_access: str | None = None
    topology: str | None = None
    nat_gateways: str | None = None
    kubernetes_minor: str | None = None


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
            nodes=tuple(_nodes(settings, zones, kept)),
            route_tables=tuple(_route_tables(settings, zones, kept.nat_zones)),
        )

    @property
    def workers(self) -> Mapping[str, IPv4Address]:
        """The address of each worker by name, as `Kept` takes it."""
        return {node.name: node.private_ip for node in self.of_role("worker")}

    def of_group(self, group: str) -> tuple[NodePlan, ...]:
        """The nodes of one group: the control plane, or a pool."""
        return tuple(node for node in self.nodes if node.group == group)

    def of_role(self, role: Role) -> tuple[NodePlan, ...]:
        """The nodes of one role."""
        return tuple(node for node in self.nodes if node.role == role)


def zone_slot(zone: str) -> int:
    """The slot of a zone name like us-east-1a, from its letter. ValueError for a letter without a slot."""
    return ZONE_LETTERS.index(zone[-1])


@lru_cache(maxsize=64)  # asked for once a node, of which a plan has thousands
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


def _nodes(settings: Settings, zones: Sequence[str], kept: Kept) -> Iterator[NodePlan]:
    places = place_control_plane(settings.control_plane_nodes, zones, kept.control_plane)
    for index, (name, zone) in enumerate(places.items()):
        yield _node(settings, name, CONTROL_PLANE, zone, _FIRST_CONTROL_PLANE_HOST + index, index)
    limit = workers_per_zone_limit(settings).limit
    slots: dict[str, int] = {}
    for zone in zones:
        slots |= worker_slots(settings.pools, zone, limit, _held(settings, zone, kept, limit))
    for pool in settings.pools:
        for zone in zones:
            for index in range(pool.count_per_zone):
                name = worker_name(pool.name, zone, index)
                slot = slots[name]
                yield _node(settings, name, pool.name, zone, FIRST_WORKER_HOST + slot, CONTROL_PLANE_POD_CIDRS + slot)


def _held(settings: Settings, zone: str, kept: Kept, limit: int) -> dict[str, int]:
    """The slots of a zone's workers, from their addresses; those of another VPC CIDR say nothing."""
    first = int(zone_plan(settings.vpc_cidr, zone).nodes[FIRST_WORKER_HOST])
    slots = {name: int(address) - first for name, address in kept.workers.items() if in_zone(name, zone)}
    return {name: slot for name, slot in slots.items() if 0 <= slot < limit}


def _node(settings: Settings, name: str, group: str, zone: str, host: int, slot: int) -> NodePlan:
    pod_cidr = None
    if settings.description.plans_pod_cidrs:
        per_zone = pod_cidrs(settings) // len(ZONE_LETTERS)
        pod_cidr = _nth(settings.pod_cidr, settings.node_pod_cidr_mask, zone_slot(zone) * per_zone + slot)
    return NodePlan(
        name=name,
        role="control-plane" if group == CONTROL_PLANE else "worker",
        zone=zone,
        private_ip=zone_plan(settings.vpc_cidr, zone).nodes[host],
        pod_cidr=pod_cidr,
        init=name == "control-plane-0",
        group=group,
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


def choose_zones(wanted: int | Sequence[str], available: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    """The zone names that a setting means: the named ones; or, for a count, those kept from before, then new ones.

    `available` are the zones where the stack's instance types are offered. A kept zone stays although AWS's list no
    longer has it, so that nothing moves. Fewer than wanted are returned where there are no more.
    """
    if not isinstance(wanted, int):
        return tuple(wanted)
    new = [zone for zone in sorted(available) if zone not in kept and zone[-1] in ZONE_LETTERS]
    return (*kept, *new)[:wanted]
