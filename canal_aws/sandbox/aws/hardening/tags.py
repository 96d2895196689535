"""Tags: keys that instance metadata cannot show, reserved keys, and finding a resource's tags quickly.

moto takes any key on any instance. With instance metadata tags on, EC2 takes only keys that fit into a URL,
at the launch and afterwards. Sources: EC2 User Guide "View tags for your EC2 instances using instance
metadata"; the message as in terraform-aws-eks issue 1785; API reference CreateTags ("may not begin with
aws:").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, get_prefix

from ..errors import invalid_parameter
from ..pipeline import Call, Rules

VALID_KEY = re.compile(r"[0-9a-zA-Z\-_+=,.@:]{1,255}")
RESERVED_KEYS = (".", "..", "_index")


def _check_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if key.startswith("aws:"):
            continue
        if not VALID_KEY.fullmatch(key) or key in RESERVED_KEYS:
            raise invalid_parameter(
                f"'{key}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\\\-_+=,.@:]{{1,255}}), "
                "and must not be a reserved name ('.', '..', '_index')"
            )


def _check_launch(call: Call) -> None:
    options = call.params.get("MetadataOptions") or {}
    if options.get("InstanceMetadataTags") != "enabled":
        return
    for specification in call.params.get("TagSpecifications") or []:
        if specification.get("ResourceType") == "instance":
            _check_keys(tag["Key"] for tag in specification.get("Tags") or [])


def _check_create_tags(call: Call) -> None:
    keys = [tag["Key"] for tag in call.params.get("Tags") or []]
    for key in keys:
        if key.lower().startswith("aws:"):
            raise invalid_parameter(
                f"Value ( {key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for "
                "internal use"
            )
    for resource in call.params.get("Resources") or []:
        instance = call.ec2.get_instance_by_id(resource) if resource.startswith("i-") else None
        if instance is not None and instance.metadata_options.instance_metadata_tags == "enabled":
            _check_keys(keys)


def _check_enable(call: Call) -> None:
    if call.params.get("InstanceMetadataTags") == "enabled":
        instance = call.ec2.get_instance(call.params["InstanceId"])
        _check_keys(tag["key"] for tag in instance.get_tags())


def _quick_lookup(call: Call) -> None:
    """moto searches all tags of the Region, with a regular expression, for each resource that it shows."""
    ec2 = call.ec2
    if "describe_tags" in vars(ec2):
        return
    search = ec2.describe_tags

    def describe_tags(filters: dict[str, list[str]] | None = None) -> Any:
        if filters is not None and list(filters) == ["resource-id"] and len(filters["resource-id"]) == 1:
            resource = filters["resource-id"][0]
            if not re.search(r"[*?\[\]]", resource):
                kind = EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource), "")
                return [
                    {"resource_id": resource, "key": key, "value": value, "resource_type": kind}
                    for key, value in ec2.tags.get(resource, {}).items()
                ]
        return search(filters)

    ec2.describe_tags = describe_tags


def install(rules: Rules) -> None:
    """Install the checks on tag keys, and the lookup."""
    rules.before("ec2", "*", rule=_quick_lookup)
    rules.before("ec2", "RunInstances", rule=_check_launch)
    rules.before("ec2", "CreateTags", rule=_check_create_tags)
    rules.before("ec2", "ModifyInstanceMetadataOptions", rule=_check_enable)
