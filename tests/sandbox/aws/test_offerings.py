"""Instance types and where they are offered, on the embedded AWS."""

from __future__ import annotations

import pytest

from .clients import Aws, refused


def _offered(aws: Aws, **filters: str) -> set[tuple[str, str]]:
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    pages = aws.ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=asked
    )
    return {(each["InstanceType"], each["Location"]) for page in pages for each in page["InstanceTypeOfferings"]}


@pytest.mark.parametrize("name", ["t3.medium", "m7i.large", "m7g.large", "c7g.xlarge"])
def test_current_types_are_described_and_offered(aws: Aws, name: str) -> None:
    (shown,) = aws.ec2.describe_instance_types(InstanceTypes=[name])["InstanceTypes"]
    expected = "arm64" if "g." in name else "x86_64"
    assert shown["ProcessorInfo"]["SupportedArchitectures"] == [expected]
    assert {zone for _, zone in _offered(aws, instance_type=name)} >= {"us-east-1a", "us-east-1b", "us-east-1c"}


@pytest.mark.hardening
def test_filters_take_wildcards(aws: Aws) -> None:
    offered = _offered(aws, instance_type="m7g.*", location="us-east-1a")
    assert {"m7g.medium", "m7g.16xlarge"} <= {name for name, _ in offered}
    assert {zone for _, zone in offered} == {"us-east-1a"}


@pytest.mark.hardening
def test_an_unknown_filter_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue", "instance-family"):
        _offered(aws, instance_family="m7g")


def test_a_region_without_the_type_offers_none(aws: Aws) -> None:
    assert _offered(aws, instance_type="t3.gigantic") == set()
