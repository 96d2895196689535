"""LaunchTemplate: its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.launch_template_data import template_data, template_state
from canal_aws.sandbox.providers.aws.network import updated_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

SOURCE = "terraform-provider-aws internal/service/ec2/ec2_launch_template.go"

GONE = ("InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateId.NotFoundException")


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
            "instanceType": Property("optional", on_change="update", source=SOURCE),
            "instanceMarketOptions": Property(
                "optional",
                "object",
                "update",
                fields={
                    "marketType": Property(
                        "required", values=("spot",), source=f"{SOURCE}; optional there, and capacity-block too"
                    ),
                    "spotOptions": Property(
                        "optional",
                        "object",
                        fields={
                            "spotInstanceType": Property(
                                "optional",
                                values=("one-time",),
                                source=f"{SOURCE}; persistent requests are not modelled",
                            ),
                            "instanceInterruptionBehavior": Property(
                                "optional",
                                values=("terminate",),
                                source=f"{SOURCE}; the others need a persistent request",
                            ),
                        },
                        source=SOURCE,
                    ),
                },
                source=SOURCE,
            ),
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
