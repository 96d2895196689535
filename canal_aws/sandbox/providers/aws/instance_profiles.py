"""InstanceProfile: its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.iam import GONE, PROPAGATION
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

PROFILE_SOURCE = "terraform-provider-aws internal/service/iam/instance_profile.go"


def create_instance_profile(operation: Operation, inputs: Inputs) -> State:
    iam = operation.aws.iam
    request: dict[str, Any] = {"InstanceProfileName": inputs["name"]}
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = iam.create_instance_profile(**request)["InstanceProfile"]
    state = _instance_profile(made) | {"tags": dict(inputs.get("tags") or {})}
    operation.created(made["InstanceProfileName"], state)
    if "role" in inputs:
        _add_role(operation, made["InstanceProfileName"], inputs["role"])
        state["role"] = inputs["role"]
    return state


def _add_role(operation: Operation, profile: str, role: str) -> None:
    operation.retry(
        lambda: operation.aws.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role),
        ("InvalidParameterValue",),
        PROPAGATION,
        "Invalid IAM Instance Profile name",
    )


def _instance_profile(found: Mapping[str, Any]) -> State:
    roles = found.get("Roles") or []
    return {
        "arn": found["Arn"],
        "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "name": found["InstanceProfileName"],
        "path": found.get("Path"),
        "role": roles[0]["RoleName"] if roles else None,
        "tags": tags.mapping(found.get("Tags")),
        "uniqueId": found["InstanceProfileId"],
    }


def read_instance_profile(operation: Operation, resource_id: str, prior: State) -> State | None:
    iam = operation.aws.iam
    try:
        return _instance_profile(iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"])
    except iam.exceptions.NoSuchEntityException:
        return None


def update_instance_profile(
    operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]
) -> State:
    iam, state = operation.aws.iam, dict(old)
    if "role" in changed:
        if old.get("role"):
            iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=old["role"])
        if new.get("role"):
            _add_role(operation, resource_id, new["role"])
        state["role"] = new.get("role")
    if "tags" in changed:
        removed, added = tags.difference(old.get("tags"), new.get("tags"))
        if removed:
            iam.untag_instance_profile(InstanceProfileName=resource_id, TagKeys=removed)
        if added:
            iam.tag_instance_profile(InstanceProfileName=resource_id, Tags=tags.pairs(added))
    return state | {"tags": dict(new.get("tags") or {})}


def delete_instance_profile(operation: Operation, resource_id: str, state: State) -> None:
    iam = operation.aws.iam
    role = state.get("role")
    if role:
        operation.ignore(
            lambda: iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=role), GONE
        )
    operation.ignore(lambda: iam.delete_instance_profile(InstanceProfileName=resource_id), GONE)


TYPES = (
    ResourceType(
        token="aws:iam/instanceProfile:InstanceProfile",
        label="IAM Instance Profile",
        source=PROFILE_SOURCE,
        autoname=Autoname(128),
        properties={
            "name": Property("optional-computed", source=PROFILE_SOURCE),
            "role": Property("optional", on_change="update", source=PROFILE_SOURCE),
            "arn": Property("computed", source=PROFILE_SOURCE),
            "createDate": Property("computed", source=PROFILE_SOURCE),
            "path": Property("computed", source=f"{PROFILE_SOURCE}; an input there, not modelled here"),
            "uniqueId": Property("computed", source=PROFILE_SOURCE),
            **tag_properties(PROFILE_SOURCE),
        },
        create=create_instance_profile,
        read=read_instance_profile,
        update=update_instance_profile,
        delete=delete_instance_profile,
    ),
)
