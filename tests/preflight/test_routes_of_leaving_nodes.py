"""The pod routes of nodes that a scale-in takes away are the stack's own, whatever became of their instances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from canal_aws.addressing import AddressPlan, Kept
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import RouteTables
from canal_aws.preflight.live.prefix_lists import TablesLists
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.network import no_route_is_shadowed, routes_fit_the_tables_there
from canal_aws.preflight.planned import Plan
from canal_aws.sandbox.providers.aws.routes import route_id
from canal_aws.settings import Settings

STACK, TABLE = "organization/canal-aws/dev", "rtb-1"
ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")
THEIRS = "10.130.0.0/24"


def settings(workers: int) -> Settings:
    return Settings.from_mapping(
        {"architecture": "native-routes", "workersPerZone": workers, "apiAllowedCidrs": ["203.0.113.0/24"]}
    )


def stack(workers: int) -> AddressPlan:
    return AddressPlan.of(settings(workers), ZONES)


def scaled_to(workers: int, before: AddressPlan) -> Plan:
    return Plan.of(settings(workers), "us-east-1", ZONES, Kept(zones=ZONES, workers=before.workers))


def target_of(before: AddressPlan) -> Target:
    """The ids in its state: of routes, as the official provider makes them, and of all else that a check looks for."""
    pods = [str(node.pod_cidr) for node in before.nodes]
    return Target("us-east-1", STACK, frozenset({TABLE, *(route_id(TABLE, each) for each in (*pods, "0.0.0.0/0"))}))


def tables(before: AddressPlan, dead: Sequence[str] = (), theirs: Sequence[str] = ()) -> RouteTables:
    """The nodes' table as DescribeRouteTables shows it: AWS names the instance of a blackhole no longer."""
    pods = {str(node.pod_cidr): node.name for node in before.nodes}
    routes: list[dict[str, Any]] = [
        {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"},
    ]
    for block in (*pods, *theirs):
        interface = f"eni-{pods.get(block, 'worker-a-0')}"
        gone = block in dead
        routes.append(
            {
                "DestinationCidrBlock": block,
                "NetworkInterfaceId": interface,
                "State": "blackhole" if gone else "active",
                **({} if gone else {"InstanceId": f"i-{pods.get(block, 'worker-a-0')}"}),
            }
        )
    tags = [{"Key": "canal-aws:stack", "Value": STACK}, {"Key": "canal-aws:name", "Value": "nodes"}]
    return RouteTables(({"RouteTableId": TABLE, "Routes": routes, "Tags": tags},))


def graded(plan: Plan, before: AddressPlan, there: RouteTables) -> list[Finding]:
    return list(routes_fit_the_tables_there(plan, target_of(before), there, TablesLists({}), Limits()))


@pytest.mark.parametrize("dead", [False, True])
def test_a_scale_in_names_no_route_of_a_leaving_node_as_somebody_elses(dead: bool) -> None:
    before = stack(4)
    plan = scaled_to(2, before)
    leaving = sorted(
        {str(node.pod_cidr) for node in before.nodes} - {str(node.pod_cidr) for node in plan.addresses.nodes}
    )
    assert len(leaving) == 6
    there = tables(before, leaving if dead else ())
    (shadowed,) = no_route_is_shadowed(plan, target_of(before), there)
    assert shadowed.outcome is Outcome.OK, shadowed
    *warned, fits = graded(plan, before, there)
    assert "foreign" not in fits.what
    assert "2 used + 7 planned" in fits.what
    assert [each.outcome for each in warned] == [Outcome.WARNING] * dead
    assert all("6 blackholes" in each.what for each in warned)


def test_a_stack_that_shrinks_comes_no_nearer_to_its_quota() -> None:
    before = stack(160)
    (fits,) = graded(scaled_to(100, before), before, tables(before))
    assert fits.outcome is Outcome.OK
    assert "2 used + 301 planned" in fits.what


def test_a_route_that_somebody_added_to_a_running_node_stays_foreign() -> None:
    before = stack(2)
    plan = scaled_to(2, before)
    there = tables(before, theirs=[THEIRS])
    (shadowed,) = no_route_is_shadowed(plan, target_of(before), there)
    assert (shadowed.outcome, THEIRS in shadowed.what) == (Outcome.WARNING, True)
    (fits,) = graded(plan, before, there)
    assert f"1 foreign routes: {THEIRS}" in fits.what
