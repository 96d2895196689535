"""The request that launches an instance."""

from __future__ import annotations

from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.schema import Inputs


def run_request(inputs: Inputs) -> dict[str, Any]:
    """The arguments of RunInstances. A choice about the public address needs the primary interface spelled
    out, and then subnet, address and groups belong there."""
    template = {}
    for key, name in (("id", "LaunchTemplateId"), ("name", "LaunchTemplateName"), ("version", "Version")):
        if key in inputs["launchTemplate"]:
            template[name] = inputs["launchTemplate"][key]
    request: dict[str, Any] = {"MinCount": 1, "MaxCount": 1, "LaunchTemplate": template}
    if "instanceType" in inputs:
        request["InstanceType"] = inputs["instanceType"]
    if inputs.get("disableApiTermination"):
        request["DisableApiTermination"] = True
    if "associatePublicIpAddress" in inputs:
        interface = {
            "DeviceIndex": 0,
            "AssociatePublicIpAddress": inputs["associatePublicIpAddress"],
            # AWS's default for an interface made by the launch; said, since nothing may be left behind.
            "DeleteOnTermination": True,
        }
        for key, name in (
            ("subnetId", "SubnetId"),
            ("privateIp", "PrivateIpAddress"),
            ("vpcSecurityGroupIds", "Groups"),
        ):
            if key in inputs:
                interface[name] = inputs[key]
        request["NetworkInterfaces"] = [interface]
    else:
        for key, name in (
            ("subnetId", "SubnetId"),
            ("privateIp", "PrivateIpAddress"),
            ("vpcSecurityGroupIds", "SecurityGroupIds"),
        ):
            if key in inputs:
                request[name] = inputs[key]
    specifications = [
        {"ResourceType": kind, "Tags": tags.pairs(inputs[key])}
        for kind, key in (("instance", "tags"), ("volume", "volumeTags"))
        if inputs.get(key)
    ]
    if specifications:
        request["TagSpecifications"] = specifications
    return request
