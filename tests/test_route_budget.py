"""The route budget: the worst table decides, and the grade tells what may go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canal_aws.addressing import AddressPlan
from canal_aws.route_budget import HARD_MAXIMUM, Grade, RouteBudget, TableBudget
from canal_aws.settings import Settings

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


def budget_of(quota: int, architecture: str = "native-routes", **settings: object) -> RouteBudget:
    chosen = Settings(architecture=architecture, **settings)  # type: ignore[arg-type]
    return RouteBudget.of(AddressPlan.of(chosen, ZONES), chosen.description, quota)


def test_every_node_counts_and_the_control_plane_too() -> None:
    budget = budget_of(500)
    assert [(table.fixed, table.pod_routes) for table in budget.tables] == [(2, 7)]
    assert budget.node_limit == 498
    assert budget.grade is Grade.OK


def test_nodes_times_tables_is_only_the_number_of_resources() -> None:
    budget = budget_of(500, nat_gateways="per-zone")
    assert budget.resources == 21
    assert budget.worst.total == 9, "each of the three tables holds all seven"


@pytest.mark.parametrize(
    ("quota", "grade"), [(500, Grade.OK), (12, Grade.OK), (11, Grade.NEAR), (9, Grade.NEAR), (8, Grade.OVER_QUOTA)]
)
def test_grades_from_eighty_percent_on(quota: int, grade: Grade) -> None:
    assert budget_of(quota).grade is grade


@given(st.integers(1, HARD_MAXIMUM), st.integers(0, 1200), st.integers(0, 50))
def test_grades_follow_the_numbers(quota: int, nodes: int, foreign: int) -> None:
    budget = RouteBudget((TableBudget("nodes", 2, foreign, nodes),), quota, 1)
    total = 2 + foreign + nodes
    assert (budget.grade is Grade.OK) is (nodes == 0 or total < 0.8 * quota)
    assert (budget.grade in (Grade.OVER_QUOTA, Grade.OVER_MAXIMUM)) is (nodes > 0 and total > quota)
    assert (nodes <= (budget.node_limit or 0)) is (total <= quota)


@pytest.mark.parametrize("architecture", ["flannel-vxlan", "calico-ipip"])
def test_architectures_without_routes_have_no_budget(architecture: str) -> None:
    budget = budget_of(2, architecture)
    assert budget.grade is Grade.OK
    assert budget.node_limit is None
    assert budget.as_output() is None
