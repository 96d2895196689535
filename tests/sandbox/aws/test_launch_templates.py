"""Launch templates on the embedded AWS: what instances take from them, and how they are described."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from .clients import TRUST, Aws, refused

pytestmark = pytest.mark.hardening

OPTIONS = {
    "HttpEndpoint": "enabled",
    "HttpTokens": "required",
    "HttpPutResponseHopLimit": 1,
    "InstanceMetadataTags": "enabled",
}


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _template(aws: Aws, **data: Any) -> str:
    made = aws.ec2.create_launch_template(
        LaunchTemplateName="workers", LaunchTemplateData={"ImageId": aws.image, **data}
    )
    return str(made["LaunchTemplate"]["LaunchTemplateId"])


def _launched(aws: Aws, subnet: str, template: str, **more: Any) -> dict[str, Any]:
    named = {"LaunchTemplateId": template, "Version": "$Latest"}
    key = aws.running(subnet, ImageId=None, LaunchTemplate=named, **more)["InstanceId"]
    return aws.instance(key)


def test_metadata_options_are_the_templates(aws: Aws, subnet: str, image: str) -> None:
    shown = _launched(aws, subnet, _template(aws, MetadataOptions=OPTIONS))["MetadataOptions"]
    assert {key: shown[key] for key in OPTIONS} == OPTIONS


def test_the_instance_profile_is_the_templates(aws: Aws, subnet: str, image: str) -> None:
    aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    profile = aws.iam.create_instance_profile(InstanceProfileName="worker")["InstanceProfile"]
    aws.iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
    template = _template(aws, IamInstanceProfile={"Arn": profile["Arn"]})
    shown = _launched(aws, subnet, template)["IamInstanceProfile"]
    assert shown == {"Arn": profile["Arn"], "Id": profile["InstanceProfileId"]}


def test_the_root_volume_is_the_images_overlaid_by_the_templates(aws: Aws, subnet: str, image: str) -> None:
    devices = [{"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "VolumeSize": 30, "VolumeType": "gp3"}}]
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "canal-aws:stack", "Value": "demo"}]}]
    instance = _launched(aws, subnet, _template(aws, BlockDeviceMappings=devices, TagSpecifications=tags))
    (mapping,) = instance["BlockDeviceMappings"]
    assert mapping["Ebs"]["DeleteOnTermination"] is True
    (volume,) = aws.ec2.describe_volumes(VolumeIds=[mapping["Ebs"]["VolumeId"]])["Volumes"]
    assert (volume["Encrypted"], volume["Size"], volume["VolumeType"]) == (True, 30, "gp3")
    assert {"Key": "canal-aws:stack", "Value": "demo"} in volume["Tags"]


def test_a_volume_is_not_smaller_than_its_snapshot(aws: Aws, subnet: str, image: str) -> None:
    devices = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 4}}]
    with refused("InvalidBlockDeviceMapping", "smaller than snapshot"):
        aws.run(subnet, BlockDeviceMappings=devices)


def test_the_requests_tags_join_the_templates_and_win(aws: Aws, subnet: str, image: str) -> None:
    def tags(**pairs: str) -> list[dict[str, Any]]:
        return [{"ResourceType": "instance", "Tags": [{"Key": k, "Value": v} for k, v in pairs.items()]}]

    template = _template(aws, TagSpecifications=tags(role="worker", node="none"), DisableApiTermination=True)
    shown = _launched(aws, subnet, template, TagSpecifications=tags(node="worker-a-0"))
    pairs = {tag["Key"]: tag["Value"] for tag in shown["Tags"]}
    assert (pairs["role"], pairs["node"]) == ("worker", "worker-a-0")
    attribute = {"InstanceId": shown["InstanceId"], "Attribute": "disableApiTermination"}
    assert aws.ec2.describe_instance_attribute(**attribute)["DisableApiTermination"]["Value"] is True


def test_bad_tag_keys_of_a_template_are_found_at_the_launch(aws: Aws, subnet: str, image: str) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "a/b", "Value": "x"}]}]
    template = _template(aws, MetadataOptions=OPTIONS, TagSpecifications=tags)
    with refused("InvalidParameterValue", "a/b"):
        _launched(aws, subnet, template)


def test_user_data_of_a_template_ends_at_16384_bytes(aws: Aws, image: str) -> None:
    template = _template(aws, UserData=_encoded("x" * 16_384))
    with refused("InvalidUserData.Malformed", "16384 bytes"):
        aws.ec2.create_launch_template_version(
            LaunchTemplateId=template, LaunchTemplateData={"UserData": _encoded("x" * 16_385)}
        )


def test_user_data_of_a_later_version_reaches_the_instance(aws: Aws, subnet: str, image: str) -> None:
    template = _template(aws, UserData=_encoded("first"), MetadataOptions=OPTIONS)
    aws.ec2.create_launch_template_version(
        LaunchTemplateId=template, SourceVersion="1", LaunchTemplateData={"UserData": _encoded("second")}
    )
    instance = _launched(aws, subnet, template)
    attribute = {"InstanceId": instance["InstanceId"], "Attribute": "userData"}
    shown = aws.ec2.describe_instance_attribute(**attribute)["UserData"]["Value"]
    assert base64.b64decode(shown) == b"second"
    assert instance["MetadataOptions"]["HttpTokens"] == "required"


def test_a_templates_own_tags_are_not_its_instances(aws: Aws, image: str) -> None:
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "owner", "Value": "canal"}]}]
    made = aws.ec2.create_launch_template(
        LaunchTemplateName="own", LaunchTemplateData={"ImageId": aws.image}, TagSpecifications=own
    )["LaunchTemplate"]
    assert made["Tags"] == own[0]["Tags"]
    described = aws.ec2.describe_launch_template_versions(LaunchTemplateId=made["LaunchTemplateId"])
    assert "TagSpecifications" not in described["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def test_an_unknown_template_is_not_found_by_id(aws: Aws) -> None:
    with refused("InvalidLaunchTemplateId.NotFound"):
        aws.ec2.describe_launch_templates(LaunchTemplateIds=["lt-0123456789abcdef0"])
