"""The route budget: the worst table decides, and the grade tells what may go on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canal_aws.addressing import AddressPlan
from canal_aws.route_budget import HARD_MAXIMUM, QUOTA_CODE, Grade, RouteBudget, RouteLimitError, TableBudget
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


def test_a_warning_names_code_numbers_request_and_the_way_around() -> None:
    text = budget_of(10).require(override=False)
    assert text is not None
    for part in (
        QUOTA_CODE,
        "2 fixed",
        "7 pod routes",
        "= 9",
        " 10 ",
        "request-service-quota-increase",
        "flannel-vxlan",
    ):
        assert part in text


def test_past_the_quota_only_an_override_goes_on() -> None:
    with pytest.raises(RouteLimitError, match="routeQuotaOverride"):
        budget_of(8).require(override=False)
    assert budget_of(8).require(override=True)


def test_past_the_hard_maximum_nothing_goes_on() -> None:
    budget = RouteBudget((TableBudget("nodes", 2, 0, HARD_MAXIMUM - 1),), HARD_MAXIMUM, 1)
    with pytest.raises(RouteLimitError, match=r"L-93826ACB .* to 1,000 and no further"):
        budget.require(override=True)


@given(st.integers(1, HARD_MAXIMUM), st.integers(0, 1200), st.integers(0, 50))
def test_grades_follow_the_numbers(quota: int, nodes: int, foreign: int) -> None:
    budget = RouteBudget((TableBudget("nodes", 2, foreign, nodes),), quota, 1)
    total = 2 + foreign + nodes
    refused = nodes > 0 and total > quota
    if refused:
        with pytest.raises(RouteLimitError):
            budget.require(override=False)
    else:
        assert (budget.require(override=False) is None) is (nodes == 0 or total < 0.8 * quota)
    assert (nodes <= (budget.node_limit or 0)) is (total <= quota)


@pytest.mark.parametrize("architecture", ["flannel-vxlan", "calico-ipip"])
def test_architectures_without_routes_have_no_budget(architecture: str) -> None:
    budget = budget_of(2, architecture)
    assert budget.require(override=False) is None
    assert budget.node_limit is None
    assert budget.as_output() is None
