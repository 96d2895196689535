"""How many resources a plan makes, by what quotas count; tests hold it against what the program really creates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canal_aws.addressing import NodePlan
from canal_aws.preflight.planned import Plan
from canal_aws.settings import Settings


@dataclass(frozen=True)
class PlannedResources:
    """`nat_gateways` by zone; `instances` as (instance type, spot, count); the VPC's default security group counts too."""

    nat_gateways: Mapping[str, int]
    instances: tuple[tuple[str, bool, int], ...]
    interfaces: int
    security_groups: int
    subnets: int
    route_tables: int
    load_balancers: int

    @classmethod
    def of(cls, plan: Plan) -> PlannedResources:
        """Counted from the address plan and the settings."""
        settings, addresses = plan.settings, plan.addresses
        nat_gateways = Counter(table.nat_zone for table in addresses.route_tables if table.nat_zone)
        load_balancers = 2 if settings.api_access == "public" else 1
        return cls(
            nat_gateways={str(zone): count for zone, count in nat_gateways.items()},
            instances=instances_of(settings, addresses.nodes),
            # A network load balancer has an interface in each of its subnets.
            interfaces=len(addresses.nodes) + sum(nat_gateways.values()) + load_balancers * len(addresses.edges),
            # Of control plane, workers and each load balancer; and the VPC's default one.
            security_groups=2 + load_balancers + 1,
            subnets=len(addresses.zones) + len(addresses.edges),
            # Those of nodes' subnets, and the edge's own.
            route_tables=len(addresses.route_tables) + (settings.topology == "private"),
            load_balancers=load_balancers,
        )


def instances_of(settings: Settings, nodes: Iterable[NodePlan]) -> tuple[tuple[str, bool, int], ...]:
    """The instances of these nodes, as (instance type, spot, count)."""
    pools = {pool.name: pool for pool in settings.pools}
    groups = Counter(node.group for node in nodes)
    return tuple(
        (settings.instance_types[group][1], group in pools and pools[group].spot, count)
        for group, count in groups.items()
    )
