"""IAM: SimulatePrincipalPolicy, which preflight asks and moto fails on; AWS's own managed policies.

moto knows no AWS managed policy, or parses all 1,500 of them at each start; here one is read when it is
named. The evaluation is real though simple: identity policies only, Allow and Deny, Action and NotAction,
Resource and NotResource with wildcards; of conditions StringEquals and StringLike on s3:prefix (a statement
with any other is refused); no boundaries or organisation policies. The caller of the sandbox is as good as root: everything is allowed to whoever
is not a role or user of the account. Source: IAM User Guide "Policy evaluation logic"; IAM API reference
SimulatePrincipalPolicy.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from ..errors import AwsError, not_modelled
from ..pipeline import Call, Rules

_CONDITION_KEYS = ("s3:prefix",)


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def documents_of(iam: Any, arn: str) -> list[dict[str, Any]] | None:
    """The policies of a role or user of the account; None for a principal that is neither."""
    principals = [*iam.roles.values(), *iam.users.values()]
    for principal in principals:
        if principal.arn == arn:
            attached = [
                version.document
                for policy in principal.managed_policies.values()
                for version in policy.versions
                if version.is_default
            ]
            inline = principal.policies
            texts = attached + list(inline.values() if isinstance(inline, dict) else inline)
            return [json.loads(text) if isinstance(text, str) else text for text in texts]
    return None


def _matches(statement: dict[str, Any], key: str, value: str) -> bool:
    negated = f"Not{key}" in statement
    patterns = _listed(statement.get(f"Not{key}" if negated else key))
    if key == "Action":  # the case of a resource matters, that of an action does not
        value, patterns = value.lower(), [pattern.lower() for pattern in patterns]
    hit = any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)
    return hit is not negated


def _holds(statement: dict[str, Any], context: Mapping[str, str]) -> bool:
    """Whether a statement's conditions are met by the request's `context`, condition key to value."""
    for operator, wanted in (statement.get("Condition") or {}).items():
        for key, patterns in wanted.items():
            if operator not in ("StringEquals", "StringLike") or key not in _CONDITION_KEYS:
                raise not_modelled("iam", "a condition", f"{operator} on {key} is not evaluated")
            value = context.get(key)
            if value is None or not any(_like(value, pattern, operator) for pattern in _listed(patterns)):
                return False
    return True


def _like(value: str, pattern: str, operator: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern) if operator == "StringLike" else value == pattern


def decide(
    documents: list[dict[str, Any]], action: str, resource: str, context: Mapping[str, str] | None = None
) -> str:
    """`allowed`, `explicitDeny` or `implicitDeny`, as the API names them."""
    decision = "implicitDeny"
    for document in documents:
        statements = document.get("Statement", [])
        for statement in [statements] if isinstance(statements, dict) else statements:
            if not (_matches(statement, "Action", action) and _matches(statement, "Resource", resource)):
                continue
            if not _holds(statement, context or {}):
                continue
            if statement.get("Effect") == "Deny":
                return "explicitDeny"
            decision = "allowed"
    return decision


@cache
def _aws_managed() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(aws_managed_policies_data)
    return parsed


def _know_managed_policy(call: Call) -> None:
    arn = str(call.params.get("PolicyArn") or "")
    if ":aws:policy/" not in arn or arn in call.backend.managed_policies:
        return
    name = arn.rpartition("/")[2]
    data = _aws_managed().get(name)
    if data is not None:
        policy = AWSManagedPolicy.from_data(name, call.world.account_id, call.backend.region_name, data)
        if policy.arn == arn:
            call.backend.managed_policies[arn] = policy


def _simulate(call: Call) -> Any:
    arn = call.params["PolicySourceArn"]
    documents = documents_of(call.backend, arn)
    if documents is None:
        if ":role/" in arn or (":user/" in arn and call.world.account_id not in arn):
            raise AwsError("NoSuchEntity", f"The entity with ARN {arn} cannot be found.", 404)
        documents = [{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}]
    documents += [json.loads(text) for text in call.params.get("PolicyInputList") or []]
    resources = call.params.get("ResourceArns") or ["*"]
    results = [
        {
            "EvalActionName": action,
            "EvalResourceName": resource,
            "EvalDecision": decide(documents, action, resource),
            "MatchedStatements": [],
            "MissingContextValues": [],
        }
        for action in call.params.get("ActionNames") or []
        for resource in resources
    ]
    return {"EvaluationResults": results, "IsTruncated": False}


def install(rules: Rules) -> None:
    """Install the simulation and the managed policies."""
    rules.before("iam", "AttachRolePolicy", "GetPolicy", "GetPolicyVersion", rule=_know_managed_policy)
    rules.instead("iam", "SimulatePrincipalPolicy", _simulate)
