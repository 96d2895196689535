"""What EC2 tells of an instance, as the state shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import launch_templates, tags
from canal_aws.sandbox.providers.aws.batch import SPOT_REQUESTS
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, State


def described(operation: Operation, found: Mapping[str, Any], prior: Inputs, protection: Inputs) -> State:
    """The state; `prior` gives what DescribeInstances does not show."""
    primary = primary_interface(found)
    profile = found.get("IamInstanceProfile", {}).get("Arn", "")
    return {
        "ami": found["ImageId"],
        "arn": operation.aws.arn("ec2", f"instance/{found['InstanceId']}"),
        "associatePublicIpAddress": bool(found.get("PublicIpAddress")),
        "availabilityZone": found.get("Placement", {}).get("AvailabilityZone"),
        "disableApiTermination": bool(protection.get("disableApiTermination")),
        "forceDestroy": bool(prior.get("forceDestroy")),
        "iamInstanceProfile": profile.rpartition("/")[2],
        "instanceLifecycle": found.get("InstanceLifecycle", ""),
        "instanceState": found["State"]["Name"],
        "instanceType": found["InstanceType"],
        "launchTemplate": prior.get("launchTemplate"),
        "primaryNetworkInterfaceId": primary.get("NetworkInterfaceId"),
        "privateDns": found.get("PrivateDnsName", ""),
        "privateIp": found.get("PrivateIpAddress"),
        "publicDns": found.get("PublicDnsName") or "",
        "publicIp": found.get("PublicIpAddress") or "",
        "sourceDestCheck": bool(found.get("SourceDestCheck", True)),
        "spotInstanceRequestId": found.get("SpotInstanceRequestId", ""),
        "subnetId": found.get("SubnetId"),
        "vpcSecurityGroupIds": sorted(
            group["GroupId"] for group in primary.get("Groups") or found.get("SecurityGroups") or []
        ),
        "tags": tags.mapping(found.get("Tags")),
        "volumeTags": prior.get("volumeTags"),
    }


def primary_interface(found: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first network interface; nothing once the instance has ended."""
    interfaces = found.get("NetworkInterfaces") or ()
    return next((each for each in interfaces if each["Attachment"]["DeviceIndex"] == 0), {})


def market(operation: Operation, found: Mapping[str, Any]) -> State:
    """A spot instance's options, which its request tells. Without the request the official provider fails too."""
    request_id = found.get("SpotInstanceRequestId", "")
    if not request_id:
        return {"instanceMarketOptions": None}
    request = SPOT_REQUESTS.get(operation.aws, request_id)
    if request is None:
        raise ProviderError(f"reading EC2 Spot Instance Request ({request_id}): AWS knows none of that id")
    options = {
        "instanceInterruptionBehavior": request["InstanceInterruptionBehavior"],
        "spotInstanceType": request["Type"],
    }
    return {"instanceMarketOptions": {"marketType": "spot", "spotOptions": options}}


def template(operation: Operation, found: Mapping[str, Any], known_version: str) -> dict[str, str] | None:
    """The template and version that the instance came from, which EC2 notes in tags that belong to AWS.

    $Latest and $Default stay only while they still mean that version: flattenInstanceLaunchTemplate (ec2_instance.go).
    """
    own = {tag["Key"]: tag["Value"] for tag in found.get("Tags") or ()}
    template_id = own.get("aws:ec2launchtemplate:id")
    if template_id is None:
        return None
    found_template = operation.find(
        lambda: operation.aws.ec2.describe_launch_templates(LaunchTemplateIds=[template_id]),
        "LaunchTemplates",
        launch_templates.GONE,
    )
    if found_template is None:
        return None
    version = own.get("aws:ec2launchtemplate:version", "")
    meant = {"$Latest": found_template["LatestVersionNumber"], "$Default": found_template["DefaultVersionNumber"]}
    return {"id": template_id, "version": known_version if str(meant.get(known_version)) == version else version}


def volumes(operation: Operation, resource_id: str) -> list[dict[str, Any]]:
    """Whatever is attached, volumes that others made too."""
    attached = [{"Name": "attachment.instance-id", "Values": [resource_id]}]
    return list(operation.aws.ec2.describe_volumes(Filters=attached)["Volumes"])
