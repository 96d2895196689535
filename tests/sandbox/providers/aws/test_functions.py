"""The functions against the embedded AWS."""

from __future__ import annotations

import pytest

from canal_aws.sandbox.providers.aws.errors import ProviderError
from tests.sandbox.providers.aws.engine import Engine, Refused

pytestmark = pytest.mark.component


def test_zones_are_named_in_order(engine: Engine) -> None:
    found = engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", state="available")
    assert found["names"] == sorted(found["names"])
    assert "us-east-1a" in found["names"]
    assert len(found["zoneIds"]) == len(found["names"])


def test_region_partition_and_account(engine: Engine) -> None:
    region = engine.invoke("aws:index/getRegion:getRegion")
    assert (region["name"], region["region"]) == ("us-east-1", "us-east-1")
    assert region["description"] == "US East (N. Virginia)"
    assert engine.invoke("aws:index/getPartition:getPartition")["dnsSuffix"] == "amazonaws.com"
    assert engine.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == "424242424242"


def test_offerings_are_three_lists_of_one_length(engine: Engine) -> None:
    found = engine.invoke(
        "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings",
        locationType="availability-zone",
        filters=[{"name": "instance-type", "values": ["t3.medium"]}],
    )
    assert set(found["instanceTypes"]) == {"t3.medium"}
    assert "us-east-1a" in found["locations"]
    assert len(found["instanceTypes"]) == len(found["locations"]) == len(found["locationTypes"])


def test_an_instance_types_architecture(engine: Engine) -> None:
    found = engine.invoke("aws:ec2/getInstanceType:getInstanceType", instanceType="m7g.large")
    assert found["supportedArchitectures"] == ["arm64"]
    assert found["memorySize"] == 8192
    with pytest.raises(ProviderError, match=r"m99\.huge"):
        engine.invoke("aws:ec2/getInstanceType:getInstanceType", instanceType="m99.huge")


def test_images_are_chosen_as_asked(engine: Engine) -> None:
    canonical = {"owners": ["099720109477"], "filters": [{"name": "architecture", "values": ["arm64"]}]}
    found = engine.invoke("aws:ec2/getAmi:getAmi", mostRecent=True, **canonical)
    assert found["architecture"] == "arm64"
    assert found["imageId"] == found["id"]
    assert found["rootDeviceName"]
    with pytest.raises(ProviderError, match="returned no image"):
        engine.invoke("aws:ec2/getAmi:getAmi", mostRecent=True, nameRegex="^no such", **canonical)


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_flatcars_images_are_found_by_owner_name_and_cpu(engine: Engine, architecture: str) -> None:
    wanted = {"name": "Flatcar-stable-*", "architecture": architecture, "virtualization-type": "hvm"}
    found = engine.invoke(
        "aws:ec2/getAmi:getAmi",
        mostRecent=True,
        owners=["075585003325"],
        filters=[{"name": name, "values": [value]} for name, value in wanted.items()],
    )
    assert (found["architecture"], found["rootDeviceName"]) == (architecture, "/dev/xvda")


def test_quota_applied_and_default(engine: Engine) -> None:
    found = engine.invoke(
        "aws:servicequotas/getServiceQuota:getServiceQuota", serviceCode="vpc", quotaCode="L-93826ACB"
    )
    assert found["value"] >= 50
    assert found["defaultValue"] == 500
    assert found["quotaCode"] == "L-93826ACB"


def test_plain_parameters_are_read_and_secure_ones_refused(engine: Engine) -> None:
    ssm = engine.provider.aws.ssm
    ssm.put_parameter(Name="/plain", Type="String", Value="v")
    ssm.put_parameter(Name="/secure", Type="SecureString", Value="v")
    assert engine.invoke("aws:ssm/getParameter:getParameter", name="/plain")["value"] == "v"
    with pytest.raises(ProviderError, match="SecureString"):
        engine.invoke("aws:ssm/getParameter:getParameter", name="/secure")
    with pytest.raises(ProviderError, match="no parameter /none"):
        engine.invoke("aws:ssm/getParameter:getParameter", name="/none")


def test_unknown_functions_and_arguments_are_refused(engine: Engine) -> None:
    with pytest.raises(ProviderError, match="not modelled"):
        engine.invoke("aws:s3/getBucket:getBucket")
    with pytest.raises(Refused) as caught:
        engine.invoke("aws:index/getAvailabilityZones:getAvailabilityZones", zones=["a"])
    assert "zones" in caught.value.failures
