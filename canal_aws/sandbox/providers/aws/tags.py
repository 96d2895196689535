"""Tags in the forms that the services take, and their update."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from canal_aws.sandbox.providers.aws.operation import Operation


def pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    """`[{"Key": …, "Value": …}]`, the form of all services used here."""
    return [{"Key": key, "Value": str(value)} for key, value in sorted((tags or {}).items())]


def mapping(found: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """The tags of an answer; `aws:` ones belong to AWS and are no tags of the resource's owner."""
    return {tag["Key"]: tag["Value"] for tag in found or () if not tag["Key"].startswith("aws:")}


def specification(resource_type: str, tags: Mapping[str, str] | None) -> dict[str, Any]:
    """The argument that tags an EC2 resource in the request that creates it; empty without tags."""
    if not tags:
        return {}
    return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": pairs(tags)}]}


def difference(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> tuple[list[str], dict[str, str]]:
    """Keys to remove, and tags to set, that make `new` of `old`."""
    before, after = old or {}, new or {}
    removed = sorted(before.keys() - after.keys())
    return removed, {key: value for key, value in after.items() if before.get(key) != value}


def update_ec2(operation: Operation, resource_ids: list[str], old: Any, new: Any) -> None:
    """Make the tags `new` of `old` on EC2 resources."""
    removed, added = difference(old, new)
    if removed:
        operation.aws.ec2.delete_tags(Resources=resource_ids, Tags=[{"Key": key} for key in removed])
    if added:
        operation.aws.ec2.create_tags(Resources=resource_ids, Tags=pairs(added))


def update_elb(operation: Operation, arn: str, old: Any, new: Any) -> None:
    """Make the tags `new` of `old` on a load balancer, target group or listener."""
    removed, added = difference(old, new)
    if removed:
        operation.aws.elb.remove_tags(ResourceArns=[arn], TagKeys=removed)
    if added:
        operation.aws.elb.add_tags(ResourceArns=[arn], Tags=pairs(added))
