"""Routes that native VPC routing puts into each route table, against what a table takes.

The quota counts a table's routes, so the worst table decides; nodes times tables is only the number of resources.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from architectures import Architecture
from canal_aws.addressing import AddressPlan
from canal_aws.quotas import ROUTES_MAXIMUM, ROUTES_PER_TABLE, Grade, Usage

#: Service Quotas' code for routes per route table (VPC User Guide, "Amazon VPC quotas").
QUOTA_CODE = ROUTES_PER_TABLE.code
#: Applied to new accounts since June 2025, 50 before (AWS What's New, 2025-06, route table capacity).
DEFAULT_QUOTA = ROUTES_PER_TABLE.default
#: AWS raises the quota to this and no further (VPC User Guide, "Amazon VPC quotas").
HARD_MAXIMUM = ROUTES_MAXIMUM


@dataclass(frozen=True)
class TableBudget:
    """One table: fixed routes, foreign ones found there, and one for each node."""

    name: str
    fixed: int
    foreign: int
    pod_routes: int

    @property
    def total(self) -> int:
        """Routes that the table holds once all is created."""
        return self.fixed + self.foreign + self.pod_routes


@dataclass(frozen=True)
class RouteBudget:
    """Every table of subnets that hold nodes, and the quota that applies (routes a table)."""

    tables: tuple[TableBudget, ...]
    quota: int
    per_node: int

    @classmethod
    def of(
        cls, plan: AddressPlan, architecture: Architecture, quota: int, foreign: Mapping[str, int] | None = None
    ) -> RouteBudget:
        """The budget of a plan; `foreign` gives, by table name, the routes there that are not the program's."""
        pod_routes = len(plan.nodes) * architecture.vpc_routes_per_node
        tables = tuple(
            TableBudget(table.name, len(table.fixed_routes), (foreign or {}).get(table.name, 0), pod_routes)
            for table in plan.route_tables
        )
        return cls(tables, quota, architecture.vpc_routes_per_node)

    @property
    def worst(self) -> TableBudget:
        """The table with the most routes."""
        return max(self.tables, key=lambda table: table.total)

    @property
    def resources(self) -> int:
        """Pod routes over all tables: what Pulumi manages, not what the quota counts."""
        return sum(table.pod_routes for table in self.tables)

    @property
    def node_limit(self) -> int | None:
        """Nodes that the worst table carries at this quota; None where nodes need no routes."""
        if not self.per_node:
            return None
        return (self.quota - self.worst.fixed - self.worst.foreign) // self.per_node

    @property
    def grade(self) -> Grade:
        """How the worst table stands. Without pod routes there is nothing to grade."""
        return self._usage.grade if self.worst.pod_routes else Grade.OK

    @property
    def _usage(self) -> Usage:
        table = self.worst
        return Usage(ROUTES_PER_TABLE, table.fixed + table.foreign, table.pod_routes, self.quota, table.name)

    def as_output(self) -> dict[str, object] | None:
        """What the stack exports of it; None where nodes need no routes."""
        if not self.per_node:
            return None
        return {
            "quota": self.quota,
            "nodeLimit": self.node_limit,
            "tables": {table.name: table.total for table in self.tables},
        }
