"""What comes and what goes in one `up`: Pulumi creates before it deletes, so at the peak both are there.

A replaced node is neither: it keeps its name, and its instance is deleted before the new one is made (infra/nodes.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from canal_aws.addressing import AddressPlan, Kept

#: The way out where the peak alone is too high.
IN_TWO_STEPS = "run `pulumi up` with what leaves taken away first, then add what is new"


@dataclass(frozen=True)
class Turnover:
    """By name: `new` are planned and not there, `leaving` are there and planned no more."""

    new: frozenset[str]
    leaving: frozenset[str]

    @classmethod
    def of(cls, planned: Iterable[str], standing: Iterable[str]) -> Turnover:
        """Of what is planned and what the last state holds."""
        wanted, held = frozenset(planned), frozenset(standing)
        return cls(wanted - held, held - wanted)

    @classmethod
    def of_nodes(cls, plan: AddressPlan, kept: Kept) -> Turnover:
        """Of the instances, by their nodes' names."""
        return cls.of(_nodes(plan), _standing_nodes(kept))

    @classmethod
    def of_pod_routes(cls, plan: AddressPlan, kept: Kept, table: str) -> Turnover:
        """Of one table's routes, by their nodes' names: after an `up` that failed, nodes may stand without theirs."""
        return cls.of(_nodes(plan), kept.pod_routes.get(table, ()))

    @classmethod
    def of_nat_gateways(cls, plan: AddressPlan, kept: Kept) -> Turnover:
        """Of the NAT gateways, and so of their addresses, by their zones' names."""
        return cls.of(_nat_zones(plan), kept.nat_zones)

    @classmethod
    def of_interfaces(cls, plan: AddressPlan, kept: Kept) -> Turnover:
        """Of the network interfaces of nodes and NAT gateways, by the names of these."""
        return cls.of({*_nodes(plan), *_nat_zones(plan)}, {*_standing_nodes(kept), *kept.nat_zones})

    @property
    def beside(self) -> frozenset[str]:
        """What is there beside all that is planned, at the peak: nobody, where nothing new waits for a place."""
        return self.leaving if self.new else frozenset()


def _nodes(plan: AddressPlan) -> set[str]:
    return {node.name for node in plan.nodes}


def _standing_nodes(kept: Kept) -> set[str]:
    return {*kept.control_plane, *kept.workers}


def _nat_zones(plan: AddressPlan) -> set[str]:
    return {table.nat_zone for table in plan.route_tables if table.nat_zone}
