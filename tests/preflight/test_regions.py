"""A live preflight in Regions that refuse the credentials, and what it says of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.region import RegionState, region_state
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT
from tests.preflight.live_account import live, post

pytestmark = pytest.mark.component
OPTED_OUT = Target("eu-south-1")


def test_a_region_that_is_not_enabled_is_said_to_be_and_the_credentials_are_not_blamed(url: str) -> None:
    run = live(url, OPTED_OUT)
    assert run.report.exit_status() == DOES_NOT_FIT
    said = run.said("region", Outcome.FAILS)
    assert "eu-south-1 is not enabled in this account: `aws account enable-region --region-name eu-south-1`" in said
    credentials = run.said("credentials", Outcome.UNCHECKED)
    assert "sts:GetCallerIdentity: InvalidClientTokenId" in credentials
    assert "see the check `region`" in credentials
    assert run.made["ec2:DescribeRegions"] == 2


def test_a_region_that_was_enabled_is_asked_alone(url: str) -> None:
    post(url, "region", {"region": "eu-south-1", "enabled": True})
    run = live(url, OPTED_OUT)
    assert run.said("region", Outcome.OK) == "eu-south-1 is enabled"
    assert run.made["ec2:DescribeRegions"] == 1


def test_a_region_that_is_enabled_and_refuses_the_session_says_which_sessions_it_takes(url: str) -> None:
    fault = {"fault": "invalid", "actions": ["ec2:DescribeRegions"], "times": 1}
    post(url, "faults", {"faults": [fault]})
    said = live(url, Target("eu-west-1")).said("region", Outcome.WARNING)
    assert "eu-west-1 is enabled, and refuses credentials that its partition takes: AuthFailure" in said
    assert "AWS_STS_REGIONAL_ENDPOINTS=regional" in said


def test_credentials_that_no_region_takes_leave_the_region_unchecked(url: str) -> None:
    post(url, "faults", {"faults": [{"fault": "invalid"}]})
    run = live(url, OPTED_OUT)
    assert run.report.exit_status() == COULD_NOT_BE_CHECKED
    said = run.said("region", Outcome.UNCHECKED)
    assert "eu-south-1 refuses the credentials (AuthFailure), and us-east-1 was asked: AuthFailure" in said


def test_a_home_that_may_not_be_asked_is_named(url: str) -> None:
    post(url, "deny", {"actions": ["ec2:DescribeRegions"]})
    said = live(url, OPTED_OUT).said("region", Outcome.UNCHECKED)
    assert "us-east-1 was asked: UnauthorizedOperation" in said


class RoleElsewhere:
    """An AWS whose keys assume a role first, which STS of a Region that is not enabled refuses."""

    def __init__(self, region: str) -> None:
        self.region = region

    def with_patience(self, _: Any) -> RoleElsewhere:
        return self

    def in_region(self, region: str) -> RoleElsewhere:
        return RoleElsewhere(region)

    def client(self, _: str) -> RoleElsewhere:
        if self.region == OPTED_OUT.region:
            raise ClientError({"Error": {"Code": "InvalidClientTokenId", "Message": "invalid"}}, "AssumeRole")
        return self

    def describe_regions(self, AllRegions: bool) -> dict[str, Any]:
        shown = [{"RegionName": OPTED_OUT.region, "OptInStatus": "not-opted-in"}] if AllRegions else []
        return {"Regions": shown, "ResponseMetadata": {"RequestId": "1"}}


def test_a_role_that_cannot_be_assumed_there_is_assumed_in_the_home_region() -> None:
    aws: Any = RoleElsewhere(OPTED_OUT.region)
    with Asking(aws) as asking:
        assert region_state(asking, OPTED_OUT) == RegionState(
            "not-opted-in", "An error occurred (InvalidClientTokenId) when calling the AssumeRole operation: invalid"
        )
