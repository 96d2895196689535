"""LaunchTemplate: its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.network import updated_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

SOURCE = "terraform-provider-aws internal/service/ec2/ec2_launch_template.go"

GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")

TEXTS = {"imageId": "ImageId", "userData": "UserData"}
PROFILE = {"arn": "Arn", "name": "Name"}
METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "instanceMetadataTags": "InstanceMetadataTags",
}
VOLUME = {
    "encrypted": "Encrypted",
    "volumeType": "VolumeType",
    "volumeSize": "VolumeSize",
    "deleteOnTermination": "DeleteOnTermination",
}
SWITCHES = ("encrypted", "deleteOnTermination")
"""Three-valued in the official provider, hence the texts "true" and "false"."""


def template_data(inputs: Inputs) -> dict[str, Any]:
    """The LaunchTemplateData of a request."""
    data: dict[str, Any] = {name: inputs[key] for key, name in TEXTS.items() if inputs.get(key)}
    if inputs.get("iamInstanceProfile"):
        data["IamInstanceProfile"] = _renamed(inputs["iamInstanceProfile"], PROFILE)
    if inputs.get("metadataOptions"):
        data["MetadataOptions"] = _renamed(inputs["metadataOptions"], METADATA)
    if inputs.get("blockDeviceMappings"):
        data["BlockDeviceMappings"] = [_device(item) for item in inputs["blockDeviceMappings"]]
    if inputs.get("tagSpecifications"):
        data["TagSpecifications"] = [
            {"ResourceType": item["resourceType"], "Tags": tags.pairs(item.get("tags"))}
            for item in inputs["tagSpecifications"]
        ]
    return data


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[key]: value for key, value in values.items() if value not in (None, "")}


def _device(mapping: Mapping[str, Any]) -> dict[str, Any]:
    device: dict[str, Any] = {"DeviceName": mapping["deviceName"]}
    if mapping.get("ebs"):
        volume = {key: value == "true" if key in SWITCHES else value for key, value in mapping["ebs"].items()}
        device["Ebs"] = _renamed(volume, VOLUME)
    return device


def template_state(data: Mapping[str, Any]) -> State:
    """The properties that a LaunchTemplateData means: the way back of `template_data`."""
    state: State = {key: data[name] for key, name in TEXTS.items() if data.get(name)}
    if data.get("IamInstanceProfile"):
        state["iamInstanceProfile"] = _back(data["IamInstanceProfile"], PROFILE)
    if data.get("MetadataOptions"):
        state["metadataOptions"] = _back(data["MetadataOptions"], METADATA)
    if data.get("BlockDeviceMappings"):
        state["blockDeviceMappings"] = [_device_state(item) for item in data["BlockDeviceMappings"]]
    if data.get("TagSpecifications"):
        state["tagSpecifications"] = [
            {"resourceType": item["ResourceType"], "tags": tags.mapping(item["Tags"])}
            for item in data["TagSpecifications"]
        ]
    return state


def _back(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {key: values[name] for key, name in names.items() if values.get(name) is not None}


def _device_state(device: Mapping[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = {"deviceName": device["DeviceName"]}
    if device.get("Ebs"):
        volume = _back(device["Ebs"], VOLUME)
        state["ebs"] = {key: str(value).lower() if key in SWITCHES else value for key, value in volume.items()}
    return state


def create_template(operation: Operation, inputs: Inputs) -> State:
    data = template_data(inputs)
    made = operation.aws.ec2.create_launch_template(
        LaunchTemplateName=inputs["name"],
        LaunchTemplateData=data,
        **tags.specification("launch-template", inputs.get("tags")),
    )["LaunchTemplate"]
    state = _template(operation, made, inputs) | template_state(data)
    operation.created(made["LaunchTemplateId"], state)
    return state


def _template(operation: Operation, found: Mapping[str, Any], prior: Inputs) -> State:
    return {
        "arn": operation.aws.arn("ec2", f"launch-template/{found['LaunchTemplateId']}"),
        "defaultVersion": found["DefaultVersionNumber"],
        "latestVersion": found["LatestVersionNumber"],
        "name": found["LaunchTemplateName"],
        "tags": tags.mapping(found.get("Tags")) or dict(prior.get("tags") or {}),
        "updateDefaultVersion": prior.get("updateDefaultVersion"),
    }


def read_template(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(
        lambda: ec2.describe_launch_templates(LaunchTemplateIds=[resource_id]), "LaunchTemplates", GONE
    )
    if found is None:
        return None
    latest = ec2.describe_launch_template_versions(LaunchTemplateId=resource_id, Versions=["$Latest"])
    state = _template(operation, found, prior) | {"tags": tags.mapping(found.get("Tags"))}
    return state | template_state(latest["LaunchTemplateVersions"][0]["LaunchTemplateData"])


def update_template(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    """Changed data is a new version; the versions that instances run of stay as they are."""
    ec2 = operation.aws.ec2
    versions = {"latestVersion": old["latestVersion"], "defaultVersion": old["defaultVersion"]}
    data = template_data(new)
    if changed - {"tags", "updateDefaultVersion"}:
        made = ec2.create_launch_template_version(LaunchTemplateId=resource_id, LaunchTemplateData=data)
        versions["latestVersion"] = made["LaunchTemplateVersion"]["VersionNumber"]
    if new.get("updateDefaultVersion") and versions["latestVersion"] != versions["defaultVersion"]:
        ec2.modify_launch_template(LaunchTemplateId=resource_id, DefaultVersion=str(versions["latestVersion"]))
        versions["defaultVersion"] = versions["latestVersion"]
    own = {key: old.get(key) for key in ("arn", "name")} | versions
    own["updateDefaultVersion"] = new.get("updateDefaultVersion")
    return template_state(data) | own | updated_tags(operation, resource_id, old, new, changed)


def delete_template(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(lambda: operation.aws.ec2.delete_launch_template(LaunchTemplateId=resource_id), GONE)


def check_template(inputs: Inputs) -> list[tuple[str, str]]:
    profile = inputs.get("iamInstanceProfile")
    if isinstance(profile, Mapping) and len(profile) != 1:
        return [("iamInstanceProfile", "exactly one of arn, name is needed")]
    return []


TYPES = (
    ResourceType(
        token="aws:ec2/launchTemplate:LaunchTemplate",
        label="EC2 Launch Template",
        source=SOURCE,
        autoname=Autoname(128),
        check=check_template,
        recomputed=("latestVersion", "defaultVersion"),
        properties={
            "name": Property("optional-computed", source=SOURCE),
            "imageId": Property("optional", on_change="update", source=SOURCE),
            "userData": Property("optional", on_change="update", source=SOURCE),
            "updateDefaultVersion": Property("optional", "bool", "update", source=SOURCE),
            "iamInstanceProfile": Property(
                "optional",
                "object",
                "update",
                fields={"arn": Property("optional", source=SOURCE), "name": Property("optional", source=SOURCE)},
                source=SOURCE,
            ),
            "metadataOptions": Property(
                "optional-computed",
                "object",
                "update",
                fields={
                    "httpEndpoint": Property("optional-computed", values=("enabled", "disabled"), source=SOURCE),
                    "httpTokens": Property("optional-computed", values=("required", "optional"), source=SOURCE),
                    "httpPutResponseHopLimit": Property("optional-computed", "int", source=SOURCE),
                    "instanceMetadataTags": Property(
                        "optional-computed", values=("enabled", "disabled"), source=SOURCE
                    ),
                },
                source=SOURCE,
            ),
            "blockDeviceMappings": Property(
                "optional",
                "objects",
                "update",
                fields={
                    "deviceName": Property("required", source=f"{SOURCE}; optional there"),
                    "ebs": Property(
                        "optional",
                        "object",
                        fields={
                            "encrypted": Property("optional", values=("true", "false"), source=SOURCE),
                            "volumeType": Property("optional-computed", source=SOURCE),
                            "volumeSize": Property("optional-computed", "int", source=SOURCE),
                            "deleteOnTermination": Property("optional", values=("true", "false"), source=SOURCE),
                        },
                        source=SOURCE,
                    ),
                },
                source=SOURCE,
            ),
            "tagSpecifications": Property(
                "optional",
                "objects",
                "update",
                fields={
                    "resourceType": Property("required", source=f"{SOURCE}; optional there"),
                    "tags": Property("optional", "map", source=SOURCE),
                },
                source=SOURCE,
            ),
            "arn": Property("computed", source=SOURCE),
            "defaultVersion": Property("computed", "int", source=f"{SOURCE}; an input there, not modelled here"),
            "latestVersion": Property("computed", "int", source=SOURCE),
            **tag_properties(SOURCE),
            **region(),
        },
        create=create_template,
        read=read_template,
        update=update_template,
        delete=delete_template,
    ),
)
