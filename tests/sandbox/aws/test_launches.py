"""RunInstances on the embedded AWS: what it refuses."""

from __future__ import annotations

import pytest
import requests

from .clients import UBUNTU, Aws, refused

pytestmark = pytest.mark.hardening


def test_a_private_address_is_used_once(aws: Aws, subnet: str, image: str) -> None:
    assert aws.run(subnet, PrivateIpAddress="10.0.1.10")["PrivateIpAddress"] == "10.0.1.10"
    with refused("InvalidIPAddress.InUse", "10.0.1.10"):
        aws.run(subnet, PrivateIpAddress="10.0.1.10")


def test_the_address_of_a_terminated_instance_is_free_again(aws: Aws, subnet: str, image: str) -> None:
    key = aws.running(subnet, PrivateIpAddress="10.0.1.10")["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[key])
    with refused("InvalidIPAddress.InUse"):
        aws.run(subnet, PrivateIpAddress="10.0.1.10")
    aws.terminate(key)
    aws.run(subnet, PrivateIpAddress="10.0.1.10")


@pytest.mark.parametrize("address", ["10.0.2.10", "10.0.1.3", "10.0.1.255"])
def test_an_address_outside_the_subnet_or_reserved_is_refused(aws: Aws, subnet: str, image: str, address: str) -> None:
    with refused("InvalidParameterValue", "address range"):
        aws.run(subnet, PrivateIpAddress=address)


def test_the_address_of_an_interface_is_used_once_too(aws: Aws, subnet: str, image: str) -> None:
    aws.run(subnet, PrivateIpAddress="10.0.1.10")
    interface = {"DeviceIndex": 0, "SubnetId": subnet, "PrivateIpAddress": "10.0.1.10"}
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.run_instances(
            ImageId=image, InstanceType="t3.medium", MinCount=1, MaxCount=1, NetworkInterfaces=[interface]
        )


def test_interface_and_instance_do_not_both_say_where(aws: Aws, vpc: str, subnet: str, image: str) -> None:
    with refused("InvalidParameterCombination", "security groups"):
        aws.ec2.run_instances(
            ImageId=image,
            InstanceType="t3.medium",
            MinCount=1,
            MaxCount=1,
            SecurityGroupIds=[aws.group(vpc)],
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnet}],
        )


def test_a_full_subnet_takes_no_instance(aws: Aws, vpc: str, gateway: str, image: str) -> None:
    small = aws.subnet(vpc, "10.0.7.0/28")
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    aws.ec2.create_nat_gateway(SubnetId=small, AllocationId=address)
    # Sixteen, less AWS's five, less the gateway's.
    addresses = {aws.run(small)["PrivateIpAddress"] for _ in range(10)}
    assert len(addresses) == 10
    with refused("InsufficientFreeAddressesInSubnet"):
        aws.run(small)


def test_an_unknown_image_is_refused(aws: Aws, subnet: str, image: str) -> None:
    with refused("InvalidAMIID.NotFound"):
        aws.run(subnet, ImageId="ami-0123456789abcdef0")


def test_an_unknown_type_is_refused(aws: Aws, subnet: str, image: str) -> None:
    with refused("InvalidParameterValue", "InstanceType"):
        aws.run(subnet, InstanceType="t3.gigantic")


def test_image_and_type_have_one_architecture(aws: Aws, subnet: str, image: str) -> None:
    with refused("InvalidParameterValue", "does not match the architecture"):
        aws.run(subnet, InstanceType="m7g.large")


def test_a_zone_may_not_offer_a_type(aws: Aws, vpc: str, image: str) -> None:
    with refused("Unsupported", "us-east-1e"):
        aws.run(aws.subnet(vpc, zone="e"), InstanceType="m7i.large")


def test_groups_are_of_the_subnets_vpc(aws: Aws, subnet: str, image: str) -> None:
    foreign = aws.group(aws.vpc("10.9.0.0/16"))
    with refused("InvalidParameter", "belong to different networks"):
        aws.run(subnet, SecurityGroupIds=[foreign])


def test_five_groups_an_interface(aws: Aws, vpc: str, subnet: str, image: str) -> None:
    groups = [aws.group(vpc, f"group-{index}") for index in range(6)]
    with refused("SecurityGroupsPerInterfaceLimitExceeded"):
        aws.run(subnet, SecurityGroupIds=groups)


def test_an_unknown_profile_is_refused(aws: Aws, subnet: str, image: str) -> None:
    with refused("InvalidParameterValue", "iamInstanceProfile.name"):
        aws.run(subnet, IamInstanceProfile={"Name": "nobody"})


def test_vcpus_are_counted(aws: Aws, subnet: str, image: str) -> None:
    if aws.hardened:
        body = {"service": "ec2", "code": "L-1216C47A", "value": 4}
        requests.post(f"{aws.url}/_canal/quota", json=body, timeout=5).raise_for_status()
    for _ in range(2):
        aws.run(subnet)
    with refused("VcpuLimitExceeded"):
        aws.run(subnet)


@pytest.mark.parametrize("key", ["kubernetes.io/cluster/demo", "two words", "_index"])
def test_metadata_tags_take_only_keys_for_urls(aws: Aws, subnet: str, image: str, key: str) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": key, "Value": "x"}]}]
    with refused("InvalidParameterValue", "is not a valid tag key"):
        aws.run(subnet, MetadataOptions={"InstanceMetadataTags": "enabled"}, TagSpecifications=tags)
    aws.run(subnet, TagSpecifications=tags)


def test_metadata_tags_take_only_keys_for_urls_later_too(aws: Aws, subnet: str, image: str) -> None:
    key = aws.run(subnet, MetadataOptions={"InstanceMetadataTags": "enabled"})["InstanceId"]
    with refused("InvalidParameterValue", "a/b"):
        aws.ec2.create_tags(Resources=[key, subnet], Tags=[{"Key": "a/b", "Value": "x"}])
    aws.ec2.create_tags(Resources=[subnet], Tags=[{"Key": "a/b", "Value": "x"}])


def test_metadata_tags_are_not_switched_on_over_bad_keys(aws: Aws, subnet: str, image: str) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a/b", "Value": "x"}]}]
    key = aws.run(subnet, TagSpecifications=tags)["InstanceId"]
    with refused("InvalidParameterValue", "a/b"):
        aws.ec2.modify_instance_metadata_options(InstanceId=key, InstanceMetadataTags="enabled")


def test_user_data_ends_at_16384_bytes(aws: Aws, subnet: str, image: str) -> None:
    aws.run(subnet, UserData="x" * 16_384)
    with refused("InvalidParameterValue", "User data is limited to 16384 bytes"):
        aws.run(subnet, UserData="x" * 16_385)


def test_arm64_images_and_types_go_together(aws: Aws, subnet: str) -> None:
    image = aws.ssm.get_parameter(Name=UBUNTU.format(arch="arm64"))["Parameter"]["Value"]
    key = aws.running(subnet, ImageId=image, InstanceType="m7g.large")["InstanceId"]
    assert aws.instance(key)["Architecture"] == "arm64"


def test_accelerated_families_have_a_quota_of_their_own(aws: Aws, subnet: str, image: str) -> None:
    with refused("VcpuLimitExceeded"):
        aws.run(subnet, InstanceType="g4dn.xlarge")
    with refused("MaxSpotInstanceCountExceeded"):
        aws.run(subnet, InstanceType="g4dn.xlarge", InstanceMarketOptions={"MarketType": "spot"})
