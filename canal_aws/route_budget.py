"""Routes that native VPC routing puts into each route table, against what a table takes.

The quota counts a table's routes, so the worst table decides; nodes times tables is only the number of resources.
"""

from __future__ import annotations

from dataclasses import dataclass

from architectures import Architecture
from canal_aws.addressing import AddressPlan
from canal_aws.quotas import ROUTES_MAXIMUM, ROUTES_PER_TABLE

#: Service Quotas' code for routes per route table (VPC User Guide, "Amazon VPC quotas").
QUOTA_CODE = ROUTES_PER_TABLE.code
#: Applied to new accounts since June 2025, 50 before (AWS What's New, 2025-06, route table capacity).
DEFAULT_QUOTA = ROUTES_PER_TABLE.default
#: AWS raises the quota to this and no further (VPC User Guide, "Amazon VPC quotas").
HARD_MAXIMUM = ROUTES_MAXIMUM


@dataclass(frozen=True)
class TableBudget:
    """One table: its fixed routes, and one for each node."""

    name: str
    fixed: int
    pod_routes: int

    @property
    def total(self) -> int:
        """Routes that the table holds after `up`; while it runs, those of leaving nodes too (canal_aws/turnover.py)."""
        return self.fixed + self.pod_routes


@dataclass(frozen=True)
class RouteBudget:
    """Every table of subnets that hold nodes, and the quota that applies (routes a table)."""

    tables: tuple[TableBudget, ...]
    quota: int
    per_node: int

    @classmethod
    def of(cls, plan: AddressPlan, architecture: Architecture, quota: int) -> RouteBudget:
        """The budget of a plan."""
        pod_routes = len(plan.nodes) * architecture.vpc_routes_per_node
        tables = tuple(TableBudget(table.name, len(table.fixed_routes), pod_routes) for table in plan.route_tables)
        return cls(tables, quota, architecture.vpc_routes_per_node)

    @property
    def worst(self) -> TableBudget:
        """The table with the most routes."""
        return max(self.tables, key=lambda table: table.total)

    @property
    def node_limit(self) -> int | None:
        """Nodes that the worst table carries at this quota; None where nodes need no routes."""
        if not self.per_node:
            return None
        return (self.quota - self.worst.fixed) // self.per_node

    def as_output(self) -> dict[str, object] | None:
        """What the stack exports of it; None where nodes need no routes."""
        if not self.per_node:
            return None
        return {
            "quota": self.quota,
            "nodeLimit": self.node_limit,
            "tables": {table.name: table.total for table in self.tables},
        }
