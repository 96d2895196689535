"""IAM: what policies allow, evaluated for real, and AWS's own managed policies.

moto knows no AWS managed policy, or parses all 1,500 of them at each start; here one is read when it is
named. The evaluation is simple: identity policies only, Allow and Deny, Action and NotAction, Resource and
NotResource with wildcards; of conditions StringEquals, StringLike, their negations, Bool and Null, with IfExists or
without (a statement with any other is refused); no boundaries or organisation policies. Sources: IAM User Guide "Policy
evaluation logic", "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from ..errors import not_modelled
from ..pipeline import Call, Rules

_CONDITION_KEYS = ("s3:prefix",)
"""What is known of a real call; of a simulated one, what the simulation is told."""
_OPERATORS = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "Bool", "Null")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def documents_of(iam: Any, arn: str) -> list[dict[str, Any]] | None:
    """The policies of a role or user of the account; None for a principal that is neither."""
    principals = [*iam.roles.values(), *iam.users.values()]
    for principal in principals:
        if principal.arn == arn:
            if getattr(principal, "permissions_boundary", None):
                raise not_modelled("iam", "a permissions boundary", "it is not evaluated")
            texts = _texts(principal)
            for group in iam.groups.values():
                if principal in group.users:
                    texts += _texts(group)
            return [json.loads(text) if isinstance(text, str) else text for text in texts]
    return None


def _texts(principal: Any) -> list[Any]:
    """The policies attached to a user, group or role, and those written into it."""
    inline = principal.policies
    attached = [
        version.document
        for policy in principal.managed_policies.values()
        for version in policy.versions
        if version.is_default
    ]
    return attached + list(inline.values() if isinstance(inline, dict) else inline)


def _matches(statement: dict[str, Any], key: str, value: str) -> bool:
    negated = f"Not{key}" in statement
    patterns = _listed(statement.get(f"Not{key}" if negated else key))
    if key == "Action":  # the case of a resource matters, that of an action does not
        value, patterns = value.lower(), [pattern.lower() for pattern in patterns]
    hit = any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)
    return hit is not negated


def _holds(statement: dict[str, Any], context: Mapping[str, str], known: Collection[str] | None) -> bool:
    """Whether a statement's conditions are met by the request's `context`, condition key to value."""
    return all(
        _met(operator, key, _listed(patterns), context, known)
        for operator, wanted in (statement.get("Condition") or {}).items()
        for key, patterns in wanted.items()
    )


def _met(
    operator: str, key: str, patterns: list[str], context: Mapping[str, str], known: Collection[str] | None
) -> bool:
    plain = operator.removesuffix("IfExists")
    if plain not in _OPERATORS or (known is not None and key not in known):
        raise not_modelled("iam", "a condition", f"{operator} on {key} is not evaluated")
    value = context.get(key)
    if plain == "Null":
        return patterns == [str(value is None).lower()]
    negated = "Not" in plain
    if value is None:
        return negated or plain != operator
    return any(_like(value, pattern, plain) for pattern in patterns) is not negated


def _like(value: str, pattern: str, operator: str) -> bool:
    if operator == "Bool":
        return value.lower() == pattern.lower()
    return fnmatch.fnmatchcase(value, pattern) if operator.endswith("Like") else value == pattern


def decide(
    documents: list[dict[str, Any]],
    action: str,
    resource: str,
    context: Mapping[str, str] | None = None,
    known: Collection[str] | None = _CONDITION_KEYS,
) -> str:
    """`allowed`, `explicitDeny` or `implicitDeny`, as the API names them. `known` are the condition keys that the context
    can tell of, None for any: a statement that asks about another is refused, never guessed at."""
    decision = "implicitDeny"
    for statement in about(documents, action, resource):
        if not _holds(statement, context or {}, known):
            continue
        if statement.get("Effect") == "Deny":
            return "explicitDeny"
        decision = "allowed"
    return decision


def about(documents: list[dict[str, Any]], action: str, resource: str) -> list[dict[str, Any]]:
    """The statements on this action and resource, their conditions not looked at."""
    found: list[dict[str, Any]] = []
    for document in documents:
        statements = document.get("Statement", [])
        found += [statements] if isinstance(statements, dict) else statements
    return [each for each in found if _matches(each, "Action", action) and _matches(each, "Resource", resource)]


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


def install(rules: Rules) -> None:
    """Install the managed policies."""
    rules.before("iam", "AttachRolePolicy", "GetPolicy", "GetPolicyVersion", rule=_know_managed_policy)
