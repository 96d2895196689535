"""Whether whoever asks may make the calls of `pulumi up` and `pulumi destroy`: iam:SimulatePrincipalPolicy, which decides
and does nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.permissions import Need, Purpose, Scope, needs
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.region import Caller, region_of_service
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
    service control policy stands in the way; None where nothing was decided, and `unasked` says why. `undecided` maps one that
    was not allowed, and might be in a real call, to the condition keys of the policies that nobody can tell beforehand.
    `asked` counts actions, `stack` is what they were asked for, "" where the plan is not of a stack yet."""

    principal: str
    asked: int = 0
    denied: Mapping[str, str] | None = None
    unasked: str = ""
    stack: str = ""
    undecided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


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
        answers = asking.each(lambda batch: _decisions(asking, principal, *batch), _batches(wanted, target.region))
    except NotAnswered as error:
        return Permissions(principal, unasked=str(error))
    told = _told(wanted)
    denied: dict[str, str] = {}
    undecided: dict[str, set[str]] = defaultdict(set)
    for action, decision, missing in (each for decisions in answers for each in decisions if each[1] != _ALLOWED):
        unknown = {key for key in missing if key.lower() not in told[action]}
        undecided[action] |= unknown
        # An explicit Deny on one resource says more than a missing Allow on another.
        if not unknown and denied.get(action) != "explicitDeny":
            denied[action] = decision
    open_ones = {action: tuple(sorted(keys)) for action, keys in undecided.items() if action not in denied}
    return Permissions(
        principal, len({need.action for need in wanted}), denied, stack=target.stack, undecided=open_ones
    )


def _told(wanted: Iterable[Need]) -> Mapping[str, set[str]]:
    """The condition keys, in small letters, of which the table says for each action whether a request has them: where one
    is missing it is missing in the real call too."""
    told: dict[str, set[str]] = defaultdict(set)
    for need in wanted:
        told[need.action] |= {key.lower() for _, key, _ in need.grant.condition}
    return told


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


def _batches(wanted: Iterable[Need], region: str) -> list[Batch]:
    """Actions, resources and context of each question: actions that are asked for on the same things, together."""
    alike: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for need in wanted:
        called = region_of_service(need.action.partition(":")[0], region)
        alike[need.examples, need.grant.condition, called].append(need.action)
    batches: list[Batch] = []
    for (examples, condition, called), actions in alike.items():
        known = (*((key, _example(values[0])) for _, key, values in condition), ("aws:RequestedRegion", called))
        context = tuple(
            {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"} for key, value in known
        )
        for start in range(0, len(actions), _BATCH):
            batches.append((tuple(actions[start : start + _BATCH]), examples, context))
    return batches


def _example(value: str) -> str:
    return value.replace("*", "organization")


Decision = tuple[str, str, frozenset[str]]
"""An action, what was decided, and the condition keys that the policies ask for and the question did not tell."""


def _decisions(
    asking: Asking,
    principal: str,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    context: tuple[dict[str, Any], ...],
) -> list[Decision]:
    request: dict[str, Any] = {
        "PolicySourceArn": principal,
        "ActionNames": list(actions),
        "ContextEntries": list(context),
    }
    if resources:
        request["ResourceArns"] = list(resources)
    found = asking.pages("iam", "simulate_principal_policy", "EvaluationResults", **request)
    return [decision for each in found for decision in _of_resources(each)]


def _of_resources(result: Mapping[str, Any]) -> list[Decision]:
    """IAM's decision, resource by resource where it says them apart."""
    action = str(result["EvalActionName"])
    allowed = (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations", True)
    if not allowed:
        return [(action, "organization", frozenset())]
    missing = result.get("MissingContextValues") or ()
    apart = [
        (action, str(each["EvalResourceDecision"]), frozenset(each.get("MissingContextValues") or missing))
        for each in result.get("ResourceSpecificResults") or ()
    ]
    return apart or [(action, str(result["EvalDecision"]), frozenset(missing))]
