"""Up to how many nodes each architecture is carried: by the checks themselves, so each limit is held against a preflight."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import architectures
from canal_aws.addressing import Kept
from canal_aws.preflight import Outcome, Plan, input_checks
from canal_aws.preflight.capacity import Capacity, capacity, smallest
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.inputs import check_inputs, input_facts
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT
from canal_aws.report import capacity_table
from tests.preflight.test_command import preflight

GOOD: dict[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"]}
EACH = pytest.mark.parametrize("architecture", architectures.names())
NODES_OF_A_TABLE = 498  # 500 routes, two of which are fixed


def carried(architecture: str, kept: Kept | None = None, **settings: Any) -> Capacity:
    return capacity(
        {**GOOD, **settings}, architecture, input_checks(), lambda choice: input_facts(choice, "us-east-1", kept=kept)
    )


def stopped(found: Capacity) -> dict[str, str]:
    return {check.name: finding.what for check, finding in found.stopped_by}


@EACH
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"podCidr": "10.128.0.0/16", "nodePodCidrMask": 24},
        {"vpcCidr": "10.0.0.0/20", "availabilityZones": 2, "controlPlaneNodes": 3},
        {"routeQuota": 100, "availabilityZones": 1},
        {"workerPools": [{"name": "batch", "countPerZone": 3}]},
    ],
)
def test_the_limit_is_the_last_that_fits(architecture: str, settings: dict[str, Any]) -> None:
    found = carried(architecture, **settings)
    assert found.nodes == found.smallest + found.step * found.workers_per_zone
    plan = {**GOOD, **settings, "architecture": architecture, "workersPerZone": found.workers_per_zone}
    assert not check_inputs(plan).of(Outcome.FAILS)
    more = check_inputs({**plan, "workersPerZone": found.workers_per_zone + 1}).of(Outcome.FAILS)
    assert more == found.stopped_by != ()


def test_native_routes_are_stopped_by_the_route_quota() -> None:
    found = carried("native-routes")
    assert found.nodes == 496  # of 498: one control-plane node, and three workers at a time
    (said,) = [finding for _, finding in found.stopped_by]
    assert said.usage is not None
    assert (said.usage.quota.code, said.usage.total, said.usage.limit) == ("L-93826ACB", 501, 500)
    # A zone's eighth of 2,048 pod CIDRs comes first: five are for control-plane nodes, of which there is one.
    assert carried("native-routes", availabilityZones=1).nodes == 2048 // 8 - 5 + 1


def test_one_zone_at_a_time_fills_the_table() -> None:
    roomy = {"availabilityZones": 1, "podCidr": "10.128.0.0/11", "nodePodCidrMask": 24}
    assert carried("native-routes", **roomy).nodes == NODES_OF_A_TABLE


@pytest.mark.parametrize(
    ("architecture", "settings", "nodes", "words"),
    [
        ("flannel-vxlan", {}, 2047, "podCidr = 10.128.0.0/13 holds 2,048"),
        ("flannel-vxlan", {"vpcCidr": "10.0.0.0/20"}, 1 + 3 * 239, "vpcCidr = 10.0.0.0/20 has room for 239 workers"),
        ("calico-ipip", {"podCidr": "10.128.0.0/16"}, 1024, "podCidr = 10.128.0.0/16 holds 1,024"),
        ("calico-ipip", {}, 3001, "outside 0 to 1,000"),
    ],
)
def test_without_routes_the_addresses_stop_it(
    architecture: str, settings: dict[str, Any], nodes: int, words: str
) -> None:
    found = carried(architecture, **settings)
    assert found.nodes == nodes
    assert words in stopped(found)["settings"]


@hypothesis_settings(deadline=None, max_examples=8)
@given(st.lists(st.integers(3, 1000), min_size=2, max_size=2))
def test_a_larger_route_quota_carries_no_fewer(quotas: list[int]) -> None:
    less, more = (carried("native-routes", routeQuota=each).nodes for each in sorted(quotas))
    assert less is not None
    assert more is not None
    assert less <= more
    assert less <= max(min(quotas) - 2, 0)


@hypothesis_settings(deadline=None, max_examples=8)
@given(st.sampled_from(architectures.names()), st.lists(st.integers(13, 18), min_size=2, max_size=2))
def test_a_larger_pod_cidr_carries_no_fewer(architecture: str, prefixes: list[int]) -> None:
    more, less = (carried(architecture, podCidr=f"10.128.0.0/{each}").nodes for each in sorted(prefixes))
    assert less is not None
    assert more is not None
    assert less <= more


def test_not_even_the_smallest_plan_fits_a_quota_that_it_is_counted_against() -> None:
    found = carried("native-routes", routeQuota=4, controlPlaneNodes=3)
    assert (found.nodes, found.in_the_way) == (0, ())
    assert "2 used + 3 planned" in stopped(found)["routes-per-table"]
    assert found.exit_status(1) == DOES_NOT_FIT


def test_pools_alone_can_be_too_many() -> None:
    found = carried("native-routes", workerPools=[{"name": "batch", "countPerZone": 400}])
    assert found.nodes == 0
    assert "has room for 251 workers in a zone" in stopped(found)["settings"]
    assert found.exit_status(1) == DOES_NOT_FIT


def test_what_fails_at_any_size_is_in_the_way_and_hides_no_limit() -> None:
    found = carried("native-routes", controlPlaneInstanceType="t3.micro")
    assert [check.name for check, _ in found.in_the_way] == ["instance-types"]
    assert found.nodes == 496
    assert list(stopped(found)) == ["routes-per-table"]
    assert not found.fits(1)
    assert found.exit_status(1) == DOES_NOT_FIT


def test_a_living_stack_is_told_that_it_cannot_change_its_architecture() -> None:
    kept = Kept(zones=("us-east-1a", "us-east-1b", "us-east-1c"), architecture="flannel-vxlan")
    assert not carried("flannel-vxlan", kept).in_the_way
    assert [check.name for check, _ in carried("native-routes", kept).in_the_way] == ["changes"]


@EACH
def test_a_living_stack_carries_what_a_new_one_does(architecture: str) -> None:
    plan = input_facts(Choice.of({**GOOD, "architecture": architecture, "workersPerZone": 40}), "us-east-1")[0][Plan]
    zones = tuple(zone.name for zone in plan.addresses.zones)
    kept = Kept(zones, workers=plan.addresses.workers, architecture=architecture)
    assert carried(architecture, kept, routeQuota=100) == carried(architecture, routeQuota=100)


def test_without_a_plan_there_is_no_number_and_no_yes() -> None:
    found = carried("flannel-vxlan", Kept(ranges={"vpcCidr": "10.1.0.0/16"}))
    assert found.nodes is None
    assert not found.fits(1)
    assert found.unchecked
    bare = Capacity("flannel-vxlan", None, 0, 0, 1)
    assert bare.exit_status(1) == COULD_NOT_BE_CHECKED


def test_present_workers_change_no_answer() -> None:
    assert carried("native-routes", workersPerZone=5000) == carried("native-routes")
    settings = smallest({**GOOD, "workersPerZone": 5000}, "native-routes").settings
    assert settings is not None
    assert settings.workers_per_zone == 0


@pytest.mark.parametrize(("wanted", "workers"), [(1, 0), (2, 1), (4, 1), (5, 2), (496, 165), (497, None)])
def test_the_step_is_rounded_up(wanted: int, workers: int | None) -> None:
    found = Capacity("native-routes", 496, 165, 1, 3)
    assert found.workers_for(wanted) == workers
    assert found.fits(wanted) is (workers is not None)


def test_the_same_reason_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    found = [carried(each, controlPlaneInstanceType="t3.micro") for each in architectures.names()]
    capacity_table.show(found, 100, "calico-ipip", Console())
    said = capsys.readouterr().out
    assert said.count("in the way at any size") == 1
    assert "calico-ipip (chosen): 100 nodes: do not fit before" in said


@pytest.mark.parametrize(("wanted", "status"), [(496, 0), (497, DOES_NOT_FIT)])
def test_the_command_answers_for_the_chosen_architecture(wanted: int, status: int) -> None:
    settings = ("--set", 'apiAllowedCidrs=["203.0.113.0/24"]', "--set", "architecture=native-routes")
    done = preflight("--inputs-only", "--json", "--nodes", str(wanted), *settings)
    assert done.returncode == status, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["exitStatus"], answer["wanted"], answer["architecture"]) == (status, wanted, "native-routes")
    found = {each["name"]: each for each in answer["architectures"]}
    assert set(found) == set(architectures.names())
    assert found["native-routes"]["nodes"] == 496
    assert found["native-routes"]["fits"] is (status == 0)
    assert found["native-routes"]["stoppedBy"][0]["quota"]["code"] == "L-93826ACB"
    assert found["flannel-vxlan"]["fits"] is True


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--strict",), "--strict"),
        (("--destroy",), "--destroy"),
        (("--inputs-only", "--set", "architecture=vxlan"), "not one of the choices"),
    ],
)
def test_what_it_cannot_answer_is_bad_input(arguments: tuple[str, ...], words: str) -> None:
    done = preflight("--nodes", "5", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
