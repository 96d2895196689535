"""Nodes that leave in the `up` that makes others are there until it ends: what they hold is counted with what is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest

from canal_aws.addressing import AddressPlan, Kept, NodePlan
from canal_aws.preflight.capacity import Capacity, capacity
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.inputs import check_inputs, input_facts
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import Addresses, Instances, Interfaces, RouteTables
from canal_aws.preflight.live.prefix_lists import TablesLists
from canal_aws.preflight.live.region import InstanceTypes
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.network import routes_fit_the_tables_there
from canal_aws.preflight.live_checks.quotas import addresses_fit, interfaces_fit, vcpus_fit
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.planned_resources import instances_of
from canal_aws.preflight.registry import input_checks
from canal_aws.settings import Settings
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG

STACK = "organization/canal-aws/dev"
TARGET = Target("us-east-1", STACK)
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
GOOD: Mapping[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"], "architecture": "native-routes"}
BEFORE: Mapping[str, Any] = {**GOOD, "workersPerZone": 90}
POOL = {"name": "batch", "countPerZone": 90}
MOVED: Mapping[str, Any] = {**GOOD, "workersPerZone": 0, "workerPools": [POOL]}
VCPUS = {"m7i.large": 2, "g4dn.xlarge": 4, "t3.medium": 2}
PEAK = "272 used + 271 planned = 543 of 500"


def standing(raw: Mapping[str, Any], zones: tuple[str, ...] = ZONES) -> tuple[AddressPlan, Kept]:
    """A stack that these settings made."""
    settings = Settings.from_mapping(raw)
    plan = AddressPlan.of(settings, zones)
    names = frozenset(node.name for node in plan.nodes)
    routed = {table.name: names for table in plan.route_tables} if settings.description.vpc_routes_per_node else {}
    nat_zones = tuple(table.nat_zone for table in plan.route_tables if table.nat_zone)
    control_plane = {node.name: node.zone for node in plan.of_role("control-plane")}
    return plan, Kept(zones, zones, control_plane, plan.workers, nat_zones, routed)


def changed(before: Mapping[str, Any], after: Mapping[str, Any], zones: tuple[str, ...] = ZONES) -> Plan:
    return Plan.of(Settings.from_mapping(after), "us-east-1", zones, standing(before)[1])


def tagged(name: str) -> list[dict[str, str]]:
    return [{"Key": STACK_TAG, "Value": STACK}, {"Key": NAME_TAG, "Value": name}]


def running(raw: Mapping[str, Any]) -> Instances:
    """The stack's nodes as DescribeInstances shows them, of the types that their settings say."""

    def described(node: NodePlan) -> dict[str, Any]:
        ((instance_type, spot, _),) = instances_of(Settings.from_mapping(raw), [node])
        return {
            "InstanceType": instance_type,
            "CpuOptions": {"CoreCount": VCPUS[instance_type], "ThreadsPerCore": 1},
            "Tags": tagged(node.name),
            **({"InstanceLifecycle": "spot"} if spot else {}),
        }

    return Instances(tuple(described(node) for node in standing(raw)[0].nodes))


def inputs(before: Mapping[str, Any], after: Mapping[str, Any], zones: tuple[str, ...] = ZONES) -> Iterator[Finding]:
    """What is said of routes from the inputs alone."""
    report = check_inputs(after, kept=standing(before, zones)[1])
    return (
        finding for result in report.results if result.check.name == "routes-per-table" for finding in result.findings
    )


def in_tables(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Finding]:
    table = {"RouteTableId": "rtb-1", "Routes": [], "Tags": tagged("nodes")}
    return routes_fit_the_tables_there(changed(before, after), TARGET, RouteTables((table,)), TablesLists({}), Limits())


def vcpus(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    types = InstanceTypes(VCPUS, {})
    return [each.what for each in vcpus_fit(changed(before, after), TARGET, running(before), types, Limits())]


@pytest.mark.parametrize("said", [inputs, in_tables])
def test_a_pool_that_takes_the_others_place_needs_both_ones_routes(said: Any) -> None:
    (found,) = said(BEFORE, MOVED)
    assert found.outcome is Outcome.FAILS
    assert PEAK in found.what
    assert "270 of the used leave only once all new ones are made" in found.what
    assert "run `pulumi up` with what leaves taken away first" in found.way_out
    for first, then in ((BEFORE, {**BEFORE, "workersPerZone": 0}), ({**BEFORE, "workersPerZone": 0}, MOVED)):
        (step,) = said(first, then)
        assert step.outcome is Outcome.OK, step


def test_each_table_holds_the_routes_of_nodes_that_leave() -> None:
    per_zone = {"natGateways": "per-zone"}
    found = list(inputs({**BEFORE, **per_zone}, {**MOVED, **per_zone}))
    assert len(found) == 3
    assert all(PEAK in each.what for each in found)


def test_without_being_asked_the_zones_of_a_stack_are_its_own() -> None:
    (found,) = inputs(BEFORE, {**BEFORE, "workersPerZone": 91}, ("eu-west-1b", "eu-west-1c", "eu-west-1d"))
    assert ": 2 used + 274 planned" in found.what


def test_instances_that_leave_count_against_the_quota_of_those_that_come() -> None:
    assert any(": 540 used + 542 planned" in each for each in vcpus(BEFORE, MOVED))
    assert any(": 0 used + 182 planned" in each for each in vcpus(BEFORE, {**BEFORE, "workersPerZone": 30}))
    assert any(": 0 used + 602 planned" in each for each in vcpus(BEFORE, {**BEFORE, "workersPerZone": 100}))


def test_on_demand_spot_and_families_are_each_counted_apart() -> None:
    spot = {**POOL, "spot": True}
    to_spot = vcpus(BEFORE, {**MOVED, "workerPools": [spot]})
    assert [each.partition(" of ")[0] for each in to_spot] == [
        "us-east-1: 0 used + 2 planned = 2",
        "us-east-1: 0 used + 540 planned = 540",
    ]
    # Of the GPU pool some leave while others of the default pool come: nothing waits for GPUs.
    gpus = {"name": "gpu", "instanceType": "g4dn.xlarge", "countPerZone": 2}
    fewer = vcpus(
        {**GOOD, "workerPools": [gpus]}, {**GOOD, "workersPerZone": 3, "workerPools": [{**gpus, "countPerZone": 1}]}
    )
    assert any(": 0 used + 12 planned = 12 of 0 vCPUs of running on-demand G and VT" in each for each in fewer)
    others = vcpus({**GOOD, "workerPools": [gpus]}, {**GOOD, "workerPools": [{**gpus, "name": "other"}]})
    assert any(": 24 used + 24 planned = 48 of 0 vCPUs of running on-demand G and VT" in each for each in others)


def test_interfaces_of_nodes_that_leave_are_there_too() -> None:
    (found,) = interfaces_fit(changed(BEFORE, MOVED), TARGET, Interfaces(()), Limits())
    assert ": 270 used + 278 planned" in found.what
    (found,) = interfaces_fit(changed(BEFORE, {**BEFORE, "workersPerZone": 1}), TARGET, Interfaces(()), Limits())
    assert ": 0 used" in found.what


def test_a_zone_that_takes_anothers_place_needs_both_ones_addresses() -> None:
    flannel = {**GOOD, "architecture": "flannel-vxlan", "natGateways": "per-zone"}
    (found,) = addresses_fit(changed(flannel, flannel, (*ZONES[:2], "us-east-1d")), TARGET, Addresses(()), Limits())
    assert ": 1 used + 3 planned" in found.what
    (found,) = addresses_fit(changed(flannel, flannel, ZONES[:2]), TARGET, Addresses(()), Limits())
    assert ": 0 used + 2 planned" in found.what


def test_up_to_how_many_nodes_are_carried_is_of_no_single_up() -> None:
    def carried(kept: Kept | None) -> Capacity:
        raw = {**MOVED, "routeQuota": 500}
        return capacity(raw, "native-routes", input_checks(), lambda choice: input_facts(choice, kept=kept))

    assert carried(standing(BEFORE)[1]) == carried(None)
