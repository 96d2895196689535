"""The route budget: the worst table decides how many nodes a quota carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canal_aws.addressing import AddressPlan
from canal_aws.route_budget import HARD_MAXIMUM, RouteBudget, TableBudget
from canal_aws.settings import Settings

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def budget_of(quota: int, architecture: str = "native-routes", **settings: object) -> RouteBudget:
    chosen = Settings(architecture=architecture, **settings)  # type: ignore[arg-type]
    return RouteBudget.of(AddressPlan.of(chosen, ZONES), chosen.description, quota)


def test_every_node_counts_and_the_control_plane_too() -> None:
    budget = budget_of(500)
    assert [(table.fixed, table.pod_routes) for table in budget.tables] == [(2, 7)]
    assert budget.node_limit == 498


def test_more_tables_carry_no_more_nodes() -> None:
    budget = budget_of(500, nat_gateways="per-zone")
    assert [table.total for table in budget.tables] == [9, 9, 9], "each of the three tables holds all seven"
    assert budget.node_limit == budget_of(500).node_limit


@given(st.integers(1, HARD_MAXIMUM), st.integers(1, 1200), st.integers(0, 50))
def test_up_to_the_limit_the_worst_table_fits(quota: int, nodes: int, fixed: int) -> None:
    budget = RouteBudget((TableBudget("other", 0, nodes), TableBudget("nodes", fixed, nodes)), quota, 1)
    assert budget.node_limit is not None
    assert (nodes <= budget.node_limit) is (fixed + nodes <= quota)


@pytest.mark.parametrize("architecture", ["flannel-vxlan", "calico-ipip"])
def test_architectures_without_routes_have_no_budget(architecture: str) -> None:
    budget = budget_of(2, architecture)
    assert budget.node_limit is None
    assert budget.as_output() is None
