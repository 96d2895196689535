"""What the checks of quotas count, of facts that an account can have."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import InternetGateways, Vpcs
from canal_aws.preflight.live.region import Caller
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.quotas import internet_gateway_fits, route_quota_is_the_accounts, vpc_fits
from canal_aws.quotas import ROUTES_PER_TABLE
from canal_aws.sandbox.aws.server import EmbeddedAws
from tests.preflight.live_account import GOOD, REGION, live, post

CALLER = Caller("111122223333", "arn:aws:iam::111122223333:user/ada")
TARGET = Target(REGION)
OF_BOTH = tuple({"OwnerId": account} for account in ("111122223333", "444455556666", "444455556666"))


def test_what_another_account_shares_counts_against_its_own_quotas() -> None:
    (vpc,) = vpc_fits(TARGET, CALLER, Vpcs(OF_BOTH), Limits())
    (gateway,) = internet_gateway_fits(TARGET, CALLER, InternetGateways(OF_BOTH), Limits())
    assert "1 used + 1 planned = 2 of 5 VPCs" in vpc.what
    assert "1 used + 1 planned = 2 of 5 internet gateways" in gateway.what


@pytest.mark.parametrize(
    ("setting", "limits", "outcome"),
    [
        (None, Limits(), None),
        (500, Limits(replaced={ROUTES_PER_TABLE.code: 500}), Outcome.OK),
        (501, Limits(replaced={ROUTES_PER_TABLE.code: 500}), Outcome.WARNING),
        (500, Limits(unknown={ROUTES_PER_TABLE.code: "AccessDenied"}), Outcome.UNCHECKED),
    ],
)
def test_a_route_quota_is_held_against_the_accounts(
    setting: int | None, limits: Limits, outcome: Outcome | None
) -> None:
    choice = Choice.of({**GOOD, **({} if setting is None else {"routeQuota": setting})})
    assert [each.outcome for each in route_quota_is_the_accounts(choice, limits)] == ([outcome] if outcome else [])


@pytest.mark.component
def test_a_setting_past_what_the_account_has_is_no_silent_yes(fresh_aws: EmbeddedAws) -> None:
    post(fresh_aws.url, "quota", {"service": "ec2", "code": "L-1216C47A", "value": 5000})
    run = live(fresh_aws.url, routeQuota=1000, workersPerZone=200)
    assert "2 used + 601 planned = 603 of 1,000" in run.said("routes-per-table", Outcome.OK)
    said = run.said("route-quota-setting", Outcome.WARNING)
    assert "routeQuota = 1,000, and the account's applied quota is 500" in said
    post(fresh_aws.url, "quota", {"service": "vpc", "code": "L-93826ACB", "value": 1000})
    assert not live(fresh_aws.url, routeQuota=1000).said("route-quota-setting", Outcome.WARNING)


@pytest.mark.component
@pytest.mark.parametrize(
    ("state", "used"), [("pending", 1), ("available", 1), ("deleting", 1), ("deleted", 0), ("failed", 0)]
)
def test_a_nat_gateway_counts_until_it_is_gone(fresh_aws: EmbeddedAws, ec2: Any, state: str, used: int) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
    made = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    fresh_aws.world.timeline.clear()
    fresh_aws.world.backend("ec2", REGION).nat_gateways[made].state = state
    run = live(fresh_aws.url, natGateways="per-zone")
    assert f"{REGION}a: {used} used + 1 planned" in run.said("nat-gateways", Outcome.OK)
