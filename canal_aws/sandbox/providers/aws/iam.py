"""Role, RolePolicy, RolePolicyAttachment: the tables and what is done with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.check import Failure
from canal_aws.sandbox.providers.aws.diff import same_policy
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties
from canal_aws.sandbox.providers.values import UNKNOWN

ROLE_SOURCE = "terraform-provider-aws internal/service/iam/role.go"
POLICY_SOURCE = "terraform-provider-aws internal/service/iam/role_policy.go"
ATTACHMENT_SOURCE = "terraform-provider-aws internal/service/iam/role_policy_attachment.go"

GONE = ("NoSuchEntity",)
CONFLICT = ("DeleteConflict", "ConcurrentModification")
PROPAGATION = 120.0
"""Seconds that the official provider gives IAM to tell itself of a change."""


def _document(value: Any) -> str:
    """A policy as JSON text; botocore hands documents over as decoded objects."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _keep_spelling(prior: State, name: str, found: str) -> str:
    """The policy as it was written, where what AWS has means the same."""
    before = prior.get(name)
    return before if isinstance(before, str) and same_policy(before, found) else found


def json_policy(name: str) -> Any:
    """A check that the policy is JSON, which the official provider makes before it asks AWS."""

    def check(inputs: Inputs) -> list[Failure]:
        value = inputs.get(name)
        if value is None or value is UNKNOWN:
            return []
        try:
            json.loads(value)
        except ValueError as error:
            return [(name, f"is not JSON: {error}")]
        return []

    return check


def create_role(operation: Operation, inputs: Inputs) -> State:
    request: dict[str, Any] = {"RoleName": inputs["name"], "AssumeRolePolicyDocument": inputs["assumeRolePolicy"]}
    if inputs.get("description"):
        request["Description"] = inputs["description"]
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = operation.aws.iam.create_role(**request)["Role"]
    state = _role(made, inputs)
    state["tags"] = dict(inputs.get("tags") or {})
    operation.created(made["RoleName"], state)
    return state


def _role(found: Mapping[str, Any], prior: Inputs) -> State:
    created = found["CreateDate"]
    return {
        "arn": found["Arn"],
        "assumeRolePolicy": _keep_spelling(
            dict(prior), "assumeRolePolicy", _document(found["AssumeRolePolicyDocument"])
        ),
        "createDate": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": found.get("Description") or None,
        "maxSessionDuration": found.get("MaxSessionDuration"),
        "name": found["RoleName"],
        "path": found.get("Path"),
        "tags": tags.mapping(found.get("Tags")),
        "uniqueId": found["RoleId"],
    }


def read_role(operation: Operation, resource_id: str, prior: State) -> State | None:
    try:
        found = operation.aws.iam.get_role(RoleName=resource_id)["Role"]
    except operation.aws.iam.exceptions.NoSuchEntityException:
        return None
    return _role(found, prior)


def update_role(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    iam, state = operation.aws.iam, dict(old)
    if "assumeRolePolicy" in changed:
        iam.update_assume_role_policy(RoleName=resource_id, PolicyDocument=new["assumeRolePolicy"])
        state["assumeRolePolicy"] = new["assumeRolePolicy"]
    if "description" in changed:
        iam.update_role(RoleName=resource_id, Description=new.get("description", ""))
        state["description"] = new.get("description")
    if "tags" in changed:
        removed, added = tags.difference(old.get("tags"), new.get("tags"))
        if removed:
            iam.untag_role(RoleName=resource_id, TagKeys=removed)
        if added:
            iam.tag_role(RoleName=resource_id, Tags=tags.pairs(added))
    return state | {"tags": dict(new.get("tags") or {})}


def delete_role(operation: Operation, resource_id: str, state: State) -> None:
    """As the official provider: instance profiles let go of the role first; attached or inline policies
    are not removed (that needs forceDetachPolicies), so that AWS refuses where some are left."""
    iam = operation.aws.iam
    profiles: list[Any] = []

    def let_go() -> None:
        profiles.extend(iam.list_instance_profiles_for_role(RoleName=resource_id)["InstanceProfiles"])
        for profile in profiles:
            iam.remove_role_from_instance_profile(
                InstanceProfileName=profile["InstanceProfileName"], RoleName=resource_id
            )

    if operation.ignore(let_go, GONE):
        operation.retry(
            lambda: operation.ignore(lambda: iam.delete_role(RoleName=resource_id), GONE), CONFLICT, PROPAGATION
        )


def create_role_policy(operation: Operation, inputs: Inputs) -> State:
    operation.aws.iam.put_role_policy(
        RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"]
    )
    operation.created(f"{inputs['role']}:{inputs['name']}", dict(inputs))
    return dict(inputs)


def read_role_policy(operation: Operation, resource_id: str, prior: State) -> State | None:
    role, separator, name = resource_id.partition(":")
    if not separator:
        raise ProviderError(f"the id {resource_id!r} is not of the form <role name>:<policy name>")
    try:
        found = operation.aws.iam.get_role_policy(RoleName=role, PolicyName=name)
    except operation.aws.iam.exceptions.NoSuchEntityException:
        return None
    policy = _keep_spelling(prior, "policy", _document(found["PolicyDocument"]))
    return {"role": role, "name": name, "policy": policy}


def update_role_policy(
    operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]
) -> State:
    return create_role_policy(operation, new)


def delete_role_policy(operation: Operation, resource_id: str, state: State) -> None:
    role, _, name = resource_id.partition(":")
    operation.ignore(lambda: operation.aws.iam.delete_role_policy(RoleName=role, PolicyName=name), GONE)


def create_attachment(operation: Operation, inputs: Inputs) -> State:
    operation.aws.iam.attach_role_policy(RoleName=inputs["role"], PolicyArn=inputs["policyArn"])
    # The official id until v6 was random; since v7 it is the form that imports use.
    operation.created(f"{inputs['role']}/{inputs['policyArn']}", dict(inputs))
    return dict(inputs)


def read_attachment(operation: Operation, resource_id: str, prior: State) -> State | None:
    role, separator, arn = resource_id.partition("/")
    if not separator or not arn.startswith("arn:"):
        raise ProviderError(f"the id {resource_id!r} is not of the form <role name>/<policy ARN>")
    try:
        pages = operation.aws.iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
        attached = any(item["PolicyArn"] == arn for page in pages for item in page["AttachedPolicies"])
    except operation.aws.iam.exceptions.NoSuchEntityException:
        return None
    return {"role": role, "policyArn": arn} if attached else None


def delete_attachment(operation: Operation, resource_id: str, state: State) -> None:
    role, _, arn = resource_id.partition("/")
    operation.ignore(lambda: operation.aws.iam.detach_role_policy(RoleName=role, PolicyArn=arn), GONE)


TYPES = (
    ResourceType(
        token="aws:iam/role:Role",
        label="IAM Role",
        source=ROLE_SOURCE,
        autoname=Autoname(64),
        check=json_policy("assumeRolePolicy"),
        properties={
            "name": Property("optional-computed", source=ROLE_SOURCE),
            "assumeRolePolicy": Property("required", on_change="update", same=same_policy, source=ROLE_SOURCE),
            "description": Property("optional", on_change="update", source=ROLE_SOURCE),
            # managedPolicyArns and inlinePolicies are left out: they change when other resources are made.
            "arn": Property("computed", source=ROLE_SOURCE),
            "createDate": Property("computed", source=ROLE_SOURCE),
            "maxSessionDuration": Property(
                "computed", "int", source=f"{ROLE_SOURCE}; an input there, not modelled here"
            ),
            "path": Property("computed", source=f"{ROLE_SOURCE}; an input there, not modelled here"),
            "uniqueId": Property("computed", source=ROLE_SOURCE),
            **tag_properties(ROLE_SOURCE),
        },
        create=create_role,
        read=read_role,
        update=update_role,
        delete=delete_role,
    ),
    ResourceType(
        token="aws:iam/rolePolicy:RolePolicy",
        label="IAM Role Policy",
        source=POLICY_SOURCE,
        autoname=Autoname(128),
        check=json_policy("policy"),
        properties={
            "name": Property("optional-computed", source=POLICY_SOURCE),
            "role": Property("required", source=POLICY_SOURCE),
            "policy": Property("required", on_change="update", same=same_policy, source=POLICY_SOURCE),
        },
        create=create_role_policy,
        read=read_role_policy,
        update=update_role_policy,
        delete=delete_role_policy,
    ),
    ResourceType(
        token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        label="IAM Role Policy Attachment",
        source=ATTACHMENT_SOURCE,
        properties={
            "role": Property("required", source=ATTACHMENT_SOURCE),
            "policyArn": Property("required", source=ATTACHMENT_SOURCE),
        },
        create=create_attachment,
        read=read_attachment,
        delete=delete_attachment,
    ),
)
