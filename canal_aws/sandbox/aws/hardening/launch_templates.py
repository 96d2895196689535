"""Launch templates, as RunInstances applies them and as they are described.

moto takes image, type, user data, groups and instance tags from a template; it ignores its metadata options,
instance profile, volumes, volume tags and termination protection. A new version does not start from its
source version.
Sources: EC2 API reference (RunInstances: parameters given there override the template's;
CreateLaunchTemplateVersion:
SourceVersion), EC2 User Guide "Store instance launch parameters in Amazon EC2 launch templates".
"""

from __future__ import annotations

import copy
from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules

OVERRIDABLE = (
    "IamInstanceProfile",
    "InstanceMarketOptions",
    "DisableApiTermination",
    "DisableApiStop",
    "EbsOptimized",
    "Monitoring",
)


def _template(ec2: Any, named: dict[str, Any]) -> Any:
    key, name = named.get("LaunchTemplateId"), named.get("LaunchTemplateName")
    for template in ec2.launch_templates.values():
        if template.id == key or (key is None and template.name == name):
            return template
    if key is not None:
        raise AwsError(
            "InvalidLaunchTemplateId.NotFound",
            f"The specified launch template, with template ID {key}, does not exist.",
        )
    raise AwsError(
        "InvalidLaunchTemplateName.NotFoundException",
        f"The specified launch template, with template name {name}, does not exist.",
    )


def _version_data(template: Any, version: str) -> dict[str, Any]:
    numbered = version.isdigit() and 1 <= int(version) <= len(template.versions)
    if not numbered and version not in ("$Latest", "$Default"):
        raise AwsError(
            "InvalidLaunchTemplateId.VersionNotFound",
            f"Could not find the specified version {version} for the launch template with ID {template.id}.",
        )
    return dict(template.get_version(version).data)


def template_data(ec2: Any, named: dict[str, Any] | None) -> dict[str, Any]:
    """What the launch template that a request names (by id or name, and version) holds; empty for None."""
    if not named:
        return {}
    return _version_data(_template(ec2, named), str(named.get("Version", "$Default")))


def _merge_tags(mine: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_type: dict[str, dict[str, str]] = {}
    for specification in (*theirs, *mine):
        tags = by_type.setdefault(specification["ResourceType"], {})
        tags.update({tag["Key"]: tag.get("Value", "") for tag in specification.get("Tags") or []})
    return [
        {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
        for kind, tags in by_type.items()
    ]


def _apply(call: Call) -> None:
    data, params = template_data(call.ec2, call.params.get("LaunchTemplate")), call.params
    for key in OVERRIDABLE:
        if data.get(key) is not None:
            params.setdefault(key, copy.deepcopy(data[key]))
    if data.get("MetadataOptions"):
        params["MetadataOptions"] = {**data["MetadataOptions"], **(params.get("MetadataOptions") or {})}
    if data.get("BlockDeviceMappings"):
        mine = {mapping["DeviceName"]: mapping for mapping in params.get("BlockDeviceMappings") or []}
        theirs = {mapping["DeviceName"]: mapping for mapping in data["BlockDeviceMappings"]}
        params["BlockDeviceMappings"] = copy.deepcopy(list({**theirs, **mine}.values()))
    specifications = [
        specification
        for specification in data.get("TagSpecifications") or []
        if specification["ResourceType"] != "launch-template"
    ]
    merged = _merge_tags(params.get("TagSpecifications") or [], specifications)
    if merged:
        params["TagSpecifications"] = merged
    for key in ("ImageId", "InstanceType"):
        if data.get(key):
            params.setdefault(key, str(data[key]))


def _start_from_source(call: Call) -> None:
    source = call.params.get("SourceVersion")
    if source:
        before = _version_data(_template(call.ec2, call.params), str(source))
        call.params["LaunchTemplateData"] = {**before, **(call.params.get("LaunchTemplateData") or {})}


def _check_known(call: Call) -> None:
    """moto answers nothing for an unknown id, or the error of an unknown name."""
    keys = [*(call.params.get("LaunchTemplateIds") or []), call.params.get("LaunchTemplateId")]
    for key in keys:
        if key is not None:
            _template(call.ec2, {"LaunchTemplateId": key})


def _own_tags_aside(call: Call, result: Any) -> None:
    """moto also lists the template's own tags among the tags it gives to instances."""
    template = call.ec2.launch_templates[result["LaunchTemplate"]["LaunchTemplateId"]]
    for version in template.versions:
        kept = [
            specification
            for specification in version.data.get("TagSpecifications") or []
            if specification["ResourceType"] != "launch-template"
        ]
        if kept:
            version.data["TagSpecifications"] = kept
        else:
            version.data.pop("TagSpecifications", None)
        if version.data.get("UserData", "") is None:
            del version.data["UserData"]


def _current_tags(call: Call, result: Any) -> None:
    """moto shows the tags of the template's first day."""
    for shown in result["LaunchTemplates"]:
        shown["Tags"] = call.ec2.launch_templates[shown["LaunchTemplateId"]].get_tags()


def install(rules: Rules) -> None:
    """Install what RunInstances takes from templates; before the checks of instances, which see the result."""
    rules.before("ec2", "RunInstances", rule=_apply)
    rules.before(
        "ec2",
        "DescribeLaunchTemplates",
        "DescribeLaunchTemplateVersions",
        "ModifyLaunchTemplate",
        "DeleteLaunchTemplate",
        "CreateLaunchTemplateVersion",
        rule=_check_known,
    )
    rules.before("ec2", "CreateLaunchTemplateVersion", rule=_start_from_source)
    rules.after("ec2", "CreateLaunchTemplate", rule=_own_tags_aside)
    rules.after("ec2", "DescribeLaunchTemplates", rule=_current_tags)
