"""Which rows a purpose takes: for `pulumi up` all of them, for `pulumi destroy` what reads and what deletes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from canal_aws.permissions import ec2_rows, own_calls, service_rows
from canal_aws.permissions.needs import Need, needs_of
from canal_aws.permissions.own_calls import OwnCalls
from canal_aws.permissions.row import Row
from canal_aws.permissions.scope import Scope
from canal_aws.settings import Settings

ROWS: tuple[Row, ...] = (*ec2_rows.ROWS, *service_rows.ROWS)

#: Calls that IAM asks no permission for (AWS STS API Reference, GetCallerIdentity).
FREE = frozenset({"sts:GetCallerIdentity"})


class Purpose(Enum):
    """What a policy is for."""

    DEPLOYER = "deployer"
    PREFLIGHT = "preflight"
    DESTROY = "destroy"
    INCREASE = "increase"
    """What `preflight --request-increase` asks beyond a preflight."""
    PREFLIGHT_DESTROY = "preflight-destroy"
    DOCTOR = "doctor"


#: Purposes for which Pulumi makes no call.
_OWN_CALLS_ALONE = {
    Purpose.PREFLIGHT: own_calls.PREFLIGHT,
    Purpose.INCREASE: own_calls.INCREASE,
    Purpose.PREFLIGHT_DESTROY: own_calls.PREFLIGHT_DESTROY,
    Purpose.DOCTOR: own_calls.DOCTOR,
}


def actions(purpose: Purpose, settings: Settings, has_bucket: bool = False) -> tuple[str, ...]:
    """IAM actions in order. `has_bucket`: the stack has a snapshot bucket already, whatever the settings say now."""
    return tuple(sorted(set(_actions(purpose, settings, has_bucket))))


def needs(purpose: Purpose, settings: Settings, scope: Scope, has_bucket: bool = False) -> tuple[Need, ...]:
    """Each of those actions, with all that it must be allowed on."""
    found = (need for action in actions(purpose, settings, has_bucket) for need in needs_of(action, scope))
    return tuple(need for need in found if _wanted(need, purpose, settings))


def _actions(purpose: Purpose, settings: Settings, has_bucket: bool) -> Iterator[str]:
    def taken(each: Row | OwnCalls) -> bool:
        return each.of(settings) or (has_bucket and each.of is service_rows.has_bucket)

    if purpose in _OWN_CALLS_ALONE:
        for each in filter(taken, _OWN_CALLS_ALONE[purpose]):
            yield from each.actions
        return
    for row in filter(taken, ROWS):
        yield from (*row.read, *row.delete)
        if purpose is Purpose.DEPLOYER:
            yield from (*row.create, *row.update, *row.tag)
    if purpose is Purpose.DEPLOYER:
        for each in filter(taken, own_calls.PROGRAM):
            yield from each.actions


def _wanted(need: Need, purpose: Purpose, settings: Settings) -> bool:
    """Spot's rights go with spot pools, Canonical's parameters with an `up` that looks for its images; Service Quotas' role
    and IAM's quotas with a request for more; any role to read with preflight, the instances' with `up` and `destroy`."""
    text = " ".join(need.grant.resources)
    if "/servicequotas.amazonaws.com/" in text or ":iam/" in text:
        return purpose is Purpose.INCREASE
    if purpose is Purpose.INCREASE and need.action == "iam:CreateServiceLinkedRole":
        return False
    if need.action == "iam:GetRole":
        return text.endswith(":role/*") is (purpose is Purpose.PREFLIGHT)
    if "/spot.amazonaws.com/" in text:
        return any(pool.spot for pool in settings.pools)
    if purpose is Purpose.PREFLIGHT and need.action == "ssm:GetParameter":
        # The stack's own parameters hold its kubeconfig.
        return "/canonical/" in text
    return "/canonical/" not in text or (purpose is Purpose.DEPLOYER and settings.operating_system == "ubuntu")
