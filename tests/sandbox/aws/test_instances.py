"""Instances after their launch: states, termination protection, the primary network interface."""

from __future__ import annotations

from typing import Any

import pytest

from .clients import Aws, eventually, refused

pytestmark = pytest.mark.hardening


def _interface(aws: Aws, instance: dict[str, Any]) -> dict[str, Any]:
    key = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    found: dict[str, Any] = aws.ec2.describe_network_interfaces(NetworkInterfaceIds=[key])["NetworkInterfaces"][0]
    return found


def test_an_instance_takes_its_time_to_come_and_to_go(aws: Aws, subnet: str, image: str) -> None:
    key = aws.run(subnet)["InstanceId"]
    assert aws.instance(key)["State"]["Name"] == "pending"
    eventually(lambda: aws.instance(key)["State"]["Name"] == "running")
    (change,) = aws.ec2.terminate_instances(InstanceIds=[key])["TerminatingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "shutting-down")
    assert aws.instance(key)["State"]["Name"] == "shutting-down"
    eventually(lambda: aws.instance(key)["State"]["Name"] == "terminated")


def test_a_protected_instance_is_not_terminated(aws: Aws, subnet: str, image: str) -> None:
    key = aws.running(subnet, DisableApiTermination=True)["InstanceId"]
    with refused("OperationNotPermitted", "disableApiTermination"):
        aws.ec2.terminate_instances(InstanceIds=[key])
    aws.ec2.modify_instance_attribute(InstanceId=key, DisableApiTermination={"Value": False})
    aws.terminate(key)


def test_an_instance_takes_its_interface_and_volume_along(aws: Aws, subnet: str, image: str) -> None:
    instance = aws.running(subnet)
    assert instance["NetworkInterfaces"][0]["Attachment"]["DeleteOnTermination"] is True
    aws.terminate(instance["InstanceId"])
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    assert aws.ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"] == []
    assert aws.ec2.describe_volumes()["Volumes"] == []


def test_the_source_destination_check_shows_on_the_interface(aws: Aws, subnet: str, image: str) -> None:
    instance = aws.running(subnet)
    aws.ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
    assert _interface(aws, instance)["SourceDestCheck"] is False
    assert aws.instance(instance["InstanceId"])["NetworkInterfaces"][0]["SourceDestCheck"] is False


def test_the_interfaces_check_shows_on_the_instance(aws: Aws, subnet: str, image: str) -> None:
    instance = aws.running(subnet)
    eni = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    aws.ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, SourceDestCheck={"Value": False})
    assert aws.instance(instance["InstanceId"])["SourceDestCheck"] is False


def test_new_groups_take_the_place_of_the_old_on_the_interface(aws: Aws, vpc: str, subnet: str, image: str) -> None:
    old, new = aws.group(vpc, "old"), aws.group(vpc, "new")
    instance = aws.running(subnet, SecurityGroupIds=[old])
    aws.ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], Groups=[new])
    assert [group["GroupId"] for group in _interface(aws, instance)["Groups"]] == [new]


def test_metadata_options_that_are_not_named_stay(aws: Aws, subnet: str, image: str) -> None:
    key = aws.running(subnet, MetadataOptions={"HttpTokens": "required"})["InstanceId"]
    aws.ec2.modify_instance_metadata_options(InstanceId=key, HttpPutResponseHopLimit=2)
    shown = aws.instance(key)["MetadataOptions"]
    assert (shown["HttpTokens"], shown["HttpPutResponseHopLimit"]) == ("required", 2)


def test_a_running_instance_keeps_its_type(aws: Aws, subnet: str, image: str) -> None:
    key = aws.running(subnet)["InstanceId"]
    with refused("IncorrectInstanceState"):
        aws.ec2.modify_instance_attribute(InstanceId=key, InstanceType={"Value": "t3.large"})


def test_only_a_running_instance_becomes_a_target(aws: Aws, vpc: str, subnet: str, image: str) -> None:
    group = aws.elb.create_target_group(Name="api", Protocol="TCP", Port=6443, VpcId=vpc)["TargetGroups"][0]
    key = aws.run(subnet)["InstanceId"]
    target = {"TargetGroupArn": group["TargetGroupArn"], "Targets": [{"Id": key, "Port": 6443}]}
    with refused("InvalidTarget"):
        aws.elb.register_targets(**target)
    eventually(lambda: aws.instance(key)["State"]["Name"] == "running")
    aws.elb.register_targets(**target)
