"""What the caller may do: the calls of `pulumi up` and `pulumi destroy`, before the first of them is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeVar

from canal_aws.preflight.findings import Finding, fails, ok, unchecked
from canal_aws.preflight.live.permissions import Permissions
from canal_aws.preflight.registry import check

T = TypeVar("T")
_NAMED = 8
_WAY_OUT = "`canal-aws iam-policy deployer` prints a policy that allows them"
#: IAM's decision (and ours for organizations): how it reads, and what helps.
_REASONS = {
    "implicitDeny": ("allowed by no policy", _WAY_OUT),
    "explicitDeny": ("denied by a policy", "no other policy outweighs a Deny: have its owner take them out of it"),
    "organization": ("denied by the organization's policies", "ask whoever looks after the organization"),
}
_FOR_ANOTHER = "; a policy that is for one stack denies this plan, which is of none yet"
# IAM API Reference, SimulatePrincipalPolicy; IAM User Guide, "Testing IAM policies with the IAM policy simulator".
_LEFT_OUT = "session policies and organization policies with conditions are no part of IAM's answer"


@check("permissions", group="account", source="IAM API Reference, SimulatePrincipalPolicy; canal_aws/permissions")
def caller_may_do_it_all(permissions: Permissions) -> Iterator[Finding]:
    """IAM allows the caller every action that `pulumi up` and `pulumi destroy` of this plan need."""
    if permissions.denied is None:
        yield unchecked(
            f"no action of `pulumi up` and `pulumi destroy` was checked: {permissions.unasked}",
            "allow the caller iam:SimulatePrincipalPolicy on itself (`canal-aws iam-policy preflight`), or compare its "
            "policies with `canal-aws iam-policy deployer`",
        )
        return
    for (service, decision), names in _by_service(permissions.denied).items():
        how, way_out = _REASONS.get(decision, (decision, _WAY_OUT))
        if decision == "implicitDeny" and not permissions.stack:
            way_out += _FOR_ANOTHER
        yield fails(f"{service}: {names} {how} for {permissions.principal}", way_out)
    for (service, keys), names in _by_service(permissions.undecided).items():
        asked = ", ".join(keys)
        yield unchecked(
            f"{service}: {names} not decided for {permissions.principal}: a policy asks for {asked}, which only a real "
            "call has",
            f"see whether `pulumi up` will meet what the caller's policies ask of {asked}",
        )
    if not permissions.denied and not permissions.undecided:
        yield ok(f"IAM allows {permissions.principal} all {permissions.asked} actions; {_LEFT_OUT}")


def _by_service(said: Mapping[str, T]) -> dict[tuple[str, T], str]:
    """The names of a service's actions of which the same was said, the first few written out."""
    grouped: dict[tuple[str, T], list[str]] = defaultdict(list)
    for action, each in sorted(said.items()):
        service, _, name = action.partition(":")
        grouped[service, each].append(name)
    return {
        key: ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
        for key, names in grouped.items()
    }
