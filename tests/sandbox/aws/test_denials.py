"""What a test can take away from the embedded AWS: permissions, and the availability of a zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from .clients import Aws


def _post(aws: Aws, path: str, body: Any) -> requests.Response:
    return requests.post(f"{aws.url}/_canal/{path}", json=body, timeout=10)


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("servicequotas:ListServiceQuotas", "AccessDeniedException"),
        ("ec2:DescribeVpcs", "UnauthorizedOperation"),
        ("elasticloadbalancing:DescribeLoadBalancers", "AccessDenied"),
    ],
)
def test_a_denied_action_is_refused_as_its_service_does_and_named(aws: Aws, action: str, code: str) -> None:
    asks: dict[str, Callable[[], Any]] = {
        "servicequotas:ListServiceQuotas": lambda: aws.quotas.list_service_quotas(ServiceCode="vpc"),
        "ec2:DescribeVpcs": lambda: aws.ec2.describe_vpcs(),
        "elasticloadbalancing:DescribeLoadBalancers": lambda: aws.elb.describe_load_balancers(),
    }
    ask = asks[action]
    ask()
    _post(aws, "deny", {"actions": [action]}).raise_for_status()
    with pytest.raises(ClientError) as refused:
        ask()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert action in str(refused.value)
    _post(aws, "deny", {"actions": []}).raise_for_status()
    ask()


def test_a_zone_that_is_not_available_leaves_the_list_and_comes_back(aws: Aws) -> None:
    def available() -> set[str]:
        wanted = {"state": "available", "opt-in-status": "opt-in-not-required"}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        return {zone["ZoneName"] for zone in aws.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]}

    before = available()
    _post(aws, "zone", {"zone": "us-east-1b", "state": "unavailable"}).raise_for_status()
    assert before - available() == {"us-east-1b"}
    (zone,) = aws.ec2.describe_availability_zones(ZoneNames=["us-east-1b"])["AvailabilityZones"]
    assert zone["State"] == "unavailable"
    _post(aws, "zone", {"zone": "us-east-1b", "state": "available"}).raise_for_status()
    assert available() == before


@pytest.mark.parametrize(
    ("path", "body"), [("deny", {"actions": "ec2:DescribeVpcs"}), ("zone", {"zone": "us-east-1a", "state": "gone"})]
)
def test_a_control_request_that_makes_no_sense_says_what_to_send(aws: Aws, path: str, body: Any) -> None:
    answer = _post(aws, path, body)
    assert answer.status_code == 400
    assert "send" in answer.json()["error"]
