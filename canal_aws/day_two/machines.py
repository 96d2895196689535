"""Instances as AWS sees them: which were launched from something else than their launch template says now, and in what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from canal_aws.day_two.live_stack import Instance
from canal_aws.day_two.plan import GONE

# EC2 notes the template in these tags (EC2 User Guide, "Launch an instance from a launch template").
_TEMPLATE_TAG, _VERSION_TAG = "aws:ec2launchtemplate:id", "aws:ec2launchtemplate:version"
#: DescribeInstances, `Filters`: values of one filter.
_IDS_AT_ONCE = 200
_GONE = ("terminated", "shutting-down")
#: Members of LaunchTemplateData that have a plain name; any other is told by its own.
_WORDS = {"UserData": "user data", "BlockDeviceMappings": "volumes", "IamInstanceProfile": "instance profile"}
Data = Mapping[str, Any]


@dataclass(frozen=True)
class Launched:
    """What EC2 says of an instance. `template` and `version` are "" where it was launched without a template."""

    state: str
    image: str
    instance_type: str
    template: str = ""
    version: str = ""

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Launched:
        """From an item of DescribeInstances."""
        tags = {tag["Key"]: tag["Value"] for tag in described.get("Tags") or ()}
        return cls(
            state=str(described["State"]["Name"]),
            image=str(described["ImageId"]),
            instance_type=str(described["InstanceType"]),
            template=tags.get(_TEMPLATE_TAG, ""),
            version=tags.get(_VERSION_TAG, ""),
        )

    @property
    def gone(self) -> bool:
        """Whether it has ended, or is about to."""
        return self.state in _GONE


def launched(ec2: Any, ids: Sequence[str]) -> dict[str, Launched]:
    """By id, what EC2 says of each instance; one that it has forgotten is absent. botocore's errors pass."""
    found: dict[str, Launched] = {}
    pages = ec2.get_paginator("describe_instances")
    for begin in range(0, len(ids), _IDS_AT_ONCE):
        of_ids = [{"Name": "instance-id", "Values": list(ids[begin : begin + _IDS_AT_ONCE])}]
        for page in pages.paginate(Filters=of_ids):
            for reservation in page["Reservations"]:
                found |= {str(each["InstanceId"]): Launched.of(each) for each in reservation["Instances"]}
    return found


def target_state(elb: Any, group: str, instance_id: str) -> str:
    """An instance's state in a target group, like "initial" or "healthy". botocore's errors pass."""
    answer = elb.describe_target_health(TargetGroupArn=group, Targets=[{"Id": instance_id}])
    return next((str(each["TargetHealth"]["State"]) for each in answer["TargetHealthDescriptions"]), "unused")


class Templates:
    """Versions of launch templates, each asked for once: (id, version) → LaunchTemplateData; `$Latest` too."""

    def __init__(self, ec2: Any) -> None:
        self._ec2 = ec2
        self._found: dict[tuple[str, str], Data] = {}

    def data(self, template: str, version: str) -> Data:
        """One version's data; empty where it was deleted. botocore's errors pass."""
        key = template, version
        if key not in self._found:
            answer = self._ec2.describe_launch_template_versions(LaunchTemplateId=template, Versions=[version])
            listed = answer["LaunchTemplateVersions"]
            self._found[key] = listed[0]["LaunchTemplateData"] if listed else {}
        return self._found[key]


def outdated(instances: Sequence[Instance], ec2: Any) -> dict[str, list[str]]:
    """By node name, why a new instance would differ; nodes whose instance is as it would be now are left out.

    botocore's errors pass.
    """
    found, templates = launched(ec2, [each.id for each in instances]), Templates(ec2)
    reasons = {instance.name: list(_reasons(found.get(instance.id), templates)) for instance in instances}
    return {name: why for name, why in reasons.items() if why}


def _reasons(instance: Launched | None, templates: Templates) -> Iterator[str]:
    if instance is None or instance.gone:
        yield GONE
    elif instance.template:
        newest = templates.data(instance.template, "$Latest")
        yield from differences(templates.data(instance.template, instance.version), newest, instance)


def differences(used: Data, newest: Data, instance: Launched) -> Iterator[str]:
    """In what the newest version differs from the one that was used, and from the instance itself.

    A newer version of the same content is none: a tag on the template, say, is no reason to replace a node.
    """
    image, instance_type = newest.get("ImageId", instance.image), newest.get("InstanceType", instance.instance_type)
    if image != instance.image:
        yield f"image {instance.image} → {image}"
    if instance_type != instance.instance_type:
        yield f"type {instance.instance_type} → {instance_type}"
    for key in sorted((used.keys() | newest.keys()) - {"ImageId", "InstanceType", "TagSpecifications"}):
        if used.get(key) != newest.get(key):
            yield _WORDS.get(key, key)
