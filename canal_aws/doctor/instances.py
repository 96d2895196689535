"""The stack's instances as AWS has them: where they stand, what protects them, and what they were launched from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from canal_aws.day_two.machines import Launched
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.target import tags_of
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG

_POD_CIDR_TAG = "canal-aws:pod-cidr"
#: The most that a page takes (EC2 API Reference, DescribeInstances).
_PAGE = 1000


@dataclass(frozen=True)
class Machine:
    """One instance. `name` is its tag canal-aws:name, `interface` its primary network interface, `groups` ids."""

    name: str
    id: str
    launched: Launched
    zone: str
    private_ip: str
    interface: str
    source_dest_check: bool
    groups: tuple[str, ...]
    pod_cidr: str
    since: datetime
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Machine:
        """From an item of DescribeInstances."""
        interfaces = described.get("NetworkInterfaces") or ()
        primary: Mapping[str, Any] = next((each for each in interfaces if each["Attachment"]["DeviceIndex"] == 0), {})
        tags = tags_of(described)
        return cls(
            name=tags.get(NAME_TAG, ""),
            id=str(described["InstanceId"]),
            launched=Launched.of(described),
            zone=str(described["Placement"]["AvailabilityZone"]),
            private_ip=str(described.get("PrivateIpAddress", "")),
            interface=str(primary.get("NetworkInterfaceId", "")),
            source_dest_check=bool(primary.get("SourceDestCheck", described.get("SourceDestCheck", True))),
            groups=tuple(str(group["GroupId"]) for group in described.get("SecurityGroups") or ()),
            pod_cidr=tags.get(_POD_CIDR_TAG, ""),
            since=described["LaunchTime"],
            metadata=described.get("MetadataOptions") or {},
        )

    @property
    def running(self) -> bool:
        """Whether it runs, or is about to."""
        return self.launched.state in ("running", "pending")

    def __str__(self) -> str:
        return f"{self.name or 'an instance without a name'} ({self.id})"


@dataclass(frozen=True)
class Machines:
    """ec2:DescribeInstances: those with the stack's tag that have not ended."""

    items: tuple[Machine, ...]

    @property
    def by_name(self) -> Mapping[str, Machine]:
        """One a name, a running one first."""
        return {each.name: each for each in sorted(self.items, key=lambda each: each.running)}


@dataclass(frozen=True)
class Protection:
    """ec2:DescribeInstanceAttribute: by id of each control-plane instance, whether termination is refused."""

    by_id: Mapping[str, bool]


@dataclass(frozen=True)
class Templates:
    """ec2:DescribeLaunchTemplateVersions: (template, version) → its data, of every version used and `$Latest`."""

    data: Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Images:
    """ec2:DescribeImages: by id, those that instances run; one that nobody offers any more is absent."""

    by_id: Mapping[str, Mapping[str, Any]]


def machines(asking: Asking, wanted: Wanted) -> Machines:
    """The instances that carry the stack's tag."""
    filters = [{"Name": f"tag:{STACK_TAG}", "Values": [wanted.stack]}]
    found = asking.pages("ec2", "describe_instances", "Reservations", Filters=filters, MaxResults=_PAGE)
    every = [Machine.of(each) for reservation in found for each in reservation["Instances"]]
    return Machines(tuple(each for each in every if not each.launched.gone))


def protection(asking: Asking, wanted: Wanted, found: Machines) -> Protection:
    """Of the control plane's instances alone: it is for them that the program sets it."""
    names = {node.name for node in wanted.plan.of_role("control-plane")}
    ids = [each.id for each in found.items if each.name in names]

    def ask(instance_id: str) -> bool:
        attribute = "disableApiTermination"
        answer = asking.ask("ec2", "describe_instance_attribute", InstanceId=instance_id, Attribute=attribute)
        return bool(answer["DisableApiTermination"]["Value"])

    return Protection(dict(zip(ids, asking.each(ask, ids), strict=True)))


def templates(asking: Asking, found: Machines) -> Templates:
    """Each version once."""
    used = {(each.launched.template, each.launched.version) for each in found.items if each.launched.template}
    keys = sorted(used | {(template, "$Latest") for template, _ in used})

    def ask(key: tuple[str, str]) -> Mapping[str, Any]:
        template, version = key
        answer = asking.ask("ec2", "describe_launch_template_versions", LaunchTemplateId=template, Versions=[version])
        listed = answer["LaunchTemplateVersions"]
        return dict(listed[0]["LaunchTemplateData"]) if listed else {}

    return Templates(dict(zip(keys, asking.each(ask, keys), strict=True)))


def images(asking: Asking, found: Machines) -> Images:
    """By filter, since one unknown id would fail the whole call; deprecated ones too, which it hides from strangers."""
    ids = sorted({each.launched.image for each in found.items})
    if not ids:
        return Images({})
    filters = [{"Name": "image-id", "Values": ids}]
    answer = asking.ask("ec2", "describe_images", Filters=filters, IncludeDeprecated=True)
    return Images({str(each["ImageId"]): each for each in answer["Images"]})


SOURCES = (machines, protection, templates, images)
