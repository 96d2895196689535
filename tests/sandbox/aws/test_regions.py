"""Regions that have to be enabled: who is refused there, and how they are listed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from .clients import Aws, refused

CALLS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "ec2": (lambda client: client.describe_vpcs(), "AuthFailure"),
    "sts": (lambda client: client.get_caller_identity(), "InvalidClientTokenId"),
    "elbv2": (lambda client: client.describe_load_balancers(), "InvalidClientTokenId"),
    "elb": (lambda client: client.describe_load_balancers(), "InvalidClientTokenId"),
    "ssm": (lambda client: client.get_parameter(Name="/any"), "UnrecognizedClientException"),
    "service-quotas": (lambda client: client.list_service_quotas(ServiceCode="vpc"), "UnrecognizedClientException"),
}


def _enable(aws: Aws, region: str, enabled: bool) -> requests.Response:
    return requests.post(f"{aws.url}/_canal/region", json={"region": region, "enabled": enabled}, timeout=10)


@pytest.mark.hardening
@pytest.mark.parametrize("region", ["me-central-1", "eu-south-1"])
@pytest.mark.parametrize("service", CALLS)
def test_a_region_that_is_not_enabled_knows_no_keys(aws: Aws, service: str, region: str) -> None:
    call, code = CALLS[service]
    there = Aws(aws.url, aws.hardened, region)
    with refused(code, "AWS was not able to validate the provided access credentials" if service == "ec2" else "token"):
        call(there.client(service))


@pytest.mark.hardening
def test_regions_are_listed_as_far_as_they_are_enabled_or_all_are_asked_for(aws: Aws) -> None:
    def listed(**more: Any) -> dict[str, str]:
        return {each["RegionName"]: each["OptInStatus"] for each in aws.ec2.describe_regions(**more)["Regions"]}

    assert listed()["eu-west-1"] == "opt-in-not-required"
    assert "eu-south-1" not in listed()
    assert listed(AllRegions=True)["eu-south-1"] == listed(AllRegions=True)["il-central-1"] == "not-opted-in"


def test_a_region_that_was_enabled_answers_until_it_is_disabled(aws: Aws) -> None:
    _enable(aws, "eu-south-1", True).raise_for_status()
    there = Aws(aws.url, aws.hardened, "eu-south-1")
    there.ec2.describe_vpcs()
    (shown,) = (each for each in there.ec2.describe_regions()["Regions"] if each["RegionName"] == "eu-south-1")
    assert shown["OptInStatus"] == "opted-in"
    _enable(aws, "eu-south-1", False).raise_for_status()
    with refused("AuthFailure"):
        there.ec2.describe_vpcs()
    assert _enable(aws, "eu-south-1", "yes").status_code == 400  # type: ignore[arg-type]
