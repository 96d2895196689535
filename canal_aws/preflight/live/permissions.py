"""Whether whoever asks may make the calls of `pulumi up` and `pulumi destroy`: iam:SimulatePrincipalPolicy, which decides
and does nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.permissions import Need, Purpose, Scope, needs
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.region import Caller
from canal_aws.preflight.live.target import Target
from canal_aws.settings import Settings

#: Actions in one question. IAM answers 100 decisions a page, one for each action and resource.
_BATCH = 50
_ALLOWED = "allowed"
_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")
_NOT_OF_A_STACK_YET = "preflight"


@dataclass(frozen=True)
class Permissions:
    """What IAM decided for `principal`: `denied` maps an action to explicitDeny, implicitDeny, or organization where a
    service control policy stands in the way; None where nothing was decided, and `unasked` says why. `asked` counts actions,
    `stack` is what they were asked for, "" where the plan is not of a stack yet."""

    principal: str
    asked: int = 0
    denied: Mapping[str, str] | None = None
    unasked: str = ""
    stack: str = ""


def permissions(asking: Asking, caller: Caller, choice: Choice, target: Target, kept: Kept) -> Permissions:
    """Each action on what it would be asked for: with an example of each resource's ARN, and the tags that go with it."""
    if choice.settings is None:
        return Permissions(caller.arn, unasked="there is no plan until the settings can be used")
    try:
        principal = _principal(asking, caller)
    except _NotToBeAsked as error:
        return Permissions(caller.arn, unasked=str(error))
    wanted = _wanted(choice.settings, _scope(caller, target), kept)
    try:
        answers = asking.each(lambda batch: _decisions(asking, principal, *batch), _batches(wanted))
    except NotAnswered as error:
        return Permissions(principal, unasked=str(error))
    denied: dict[str, str] = {}
    for decisions in answers:
        for action, decision in decisions:
            # An explicit Deny on one resource says more than a missing Allow on another.
            if decision != _ALLOWED and denied.get(action) != "explicitDeny":
                denied[action] = decision
    return Permissions(principal, len({need.action for need in wanted}), denied, stack=target.stack)


class _NotToBeAsked(Exception):
    """IAM simulates no such caller."""


def _principal(asking: Asking, caller: Caller) -> str:
    """The user or role behind the caller; _NotToBeAsked where IAM knows none to simulate."""
    if caller.arn.endswith(":root"):
        raise _NotToBeAsked("the caller is the account's root user, for whom IAM simulates nothing")
    assumed = _ASSUMED.fullmatch(caller.arn)
    if assumed is None:
        if ":iam:" in caller.arn and ":user/" in caller.arn:
            return caller.arn
        raise _NotToBeAsked(f"IAM simulates users and roles, and the caller is {caller.arn}")
    try:
        # A session does not say its role's path, and the ARN of a role under a path has it.
        return str(asking.ask("iam", "get_role", RoleName=assumed["role"])["Role"]["Arn"])
    except NotAnswered:
        return f"arn:{assumed['partition']}:iam::{assumed['account']}:role/{assumed['role']}"


def _scope(caller: Caller, target: Target) -> Scope:
    partition = caller.arn.split(":")[1]
    return Scope(partition, target.region, caller.account, target.stack or _NOT_OF_A_STACK_YET)


def _wanted(settings: Settings, scope: Scope, kept: Kept) -> list[Need]:
    found = (
        need
        for purpose in (Purpose.DEPLOYER, Purpose.DESTROY)
        for need in needs(purpose, settings, scope, kept.snapshot_bucket)
    )
    return list(dict.fromkeys(found))


Batch = tuple[tuple[str, ...], tuple[str, ...], tuple[dict[str, Any], ...]]


def _batches(wanted: Iterable[Need]) -> list[Batch]:
    """Actions, resources and context of each question: actions that are asked for on the same things, together."""
    alike: dict[tuple[Any, Any], list[str]] = defaultdict(list)
    for need in wanted:
        alike[need.examples, need.grant.condition].append(need.action)
    batches: list[Batch] = []
    for (examples, condition), actions in alike.items():
        context = tuple(
            {"ContextKeyName": key, "ContextKeyValues": [_example(values[0])], "ContextKeyType": "string"}
            for _, key, values in condition
        )
        for start in range(0, len(actions), _BATCH):
            batches.append((tuple(actions[start : start + _BATCH]), examples, context))
    return batches


def _example(value: str) -> str:
    return value.replace("*", "organization")


def _decisions(
    asking: Asking,
    principal: str,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    context: tuple[dict[str, Any], ...],
) -> list[tuple[str, str]]:
    request: dict[str, Any] = {"PolicySourceArn": principal, "ActionNames": list(actions)}
    if resources:
        request["ResourceArns"] = list(resources)
    if context:
        request["ContextEntries"] = list(context)
    found = asking.pages("iam", "simulate_principal_policy", "EvaluationResults", **request)
    return [(str(each["EvalActionName"]), decision) for each in found for decision in _of_resources(each)]


def _of_resources(result: Mapping[str, Any]) -> list[str]:
    """IAM's decision, resource by resource where it says them apart."""
    allowed = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    if not allowed:
        return ["organization"]
    apart = [str(each["EvalResourceDecision"]) for each in result.get("ResourceSpecificResults") or ()]
    return apart or [str(result["EvalDecision"])]
