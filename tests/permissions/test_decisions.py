"""How IAM's answers are read, in the forms that the embedded AWS does not give."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.addressing import Kept
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.permissions import permissions
from canal_aws.preflight.live.region import Caller
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.permissions import caller_may_do_it_all

CHOICE = Choice.of({"apiAllowedCidrs": ["203.0.113.0/24"]})
CALLER = Caller("123456789012", "arn:aws:iam::123456789012:user/ada")


class Iam:
    """Allows everything but what `other` says otherwise of, by action."""

    def __init__(self, other: dict[str, dict[str, Any]]) -> None:
        self._other = other

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
        allowed = {"EvalDecision": "allowed"}
        return [{"EvalActionName": name, **self._other.get(name, allowed)} for name in request["ActionNames"]]

    def each(self, function: Any, items: Any) -> list[Any]:
        return [function(item) for item in items]


def _resource(decision: str) -> dict[str, str]:
    return {"EvalResourceName": "arn:aws:ec2:…", "EvalResourceDecision": decision}


@pytest.mark.parametrize(
    ("answer", "decision"),
    [
        ({"EvalDecision": "allowed", "ResourceSpecificResults": [_resource("implicitDeny")]}, "implicitDeny"),
        (
            {
                "EvalDecision": "explicitDeny",
                "ResourceSpecificResults": [_resource("explicitDeny"), _resource("implicitDeny")],
            },
            "explicitDeny",
        ),
        (
            {"EvalDecision": "allowed", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}},
            "organization",
        ),
    ],
)
def test_a_denial_is_found_wherever_iam_says_it(answer: dict[str, Any], decision: str) -> None:
    found = permissions(Iam({"ec2:DeleteVpc": answer}), CALLER, CHOICE, Target("us-east-1"), Kept())  # type: ignore[arg-type]
    assert found.denied == {"ec2:DeleteVpc": decision}


def _missing(decision: str, *keys: str) -> dict[str, Any]:
    return {**_resource(decision), "MissingContextValues": list(keys)}


MFA = "aws:MultiFactorAuthPresent"
OWN_TAG = "aws:ResourceTag/canal-aws:stack"


@pytest.mark.parametrize(
    ("answer", "denied", "undecided"),
    [
        ({"EvalDecision": "implicitDeny", "MissingContextValues": [MFA]}, {}, (MFA,)),
        ({"EvalDecision": "allowed", "ResourceSpecificResults": [_missing("explicitDeny", MFA)]}, {}, (MFA,)),
        ({"EvalDecision": "allowed", "MissingContextValues": [MFA]}, {}, None),
        # Decided for one resource is decided.
        (
            {
                "EvalDecision": "implicitDeny",
                "ResourceSpecificResults": [_missing("implicitDeny", MFA), _resource("implicitDeny")],
            },
            {"ec2:DeleteVpc": "implicitDeny"},
            None,
        ),
        # The table says whether a call has this one: missing it is no question.
        (
            {"EvalDecision": "implicitDeny", "MissingContextValues": [OWN_TAG.lower()]},
            {"ec2:DeleteVpc": "implicitDeny"},
            None,
        ),
    ],
)
def test_what_hangs_on_a_condition_that_nobody_can_tell_is_not_decided(
    answer: dict[str, Any], denied: dict[str, str], undecided: tuple[str, ...] | None
) -> None:
    found = permissions(Iam({"ec2:DeleteVpc": answer}), CALLER, CHOICE, Target("us-east-1"), Kept())  # type: ignore[arg-type]
    assert found.denied == denied
    assert found.undecided == ({"ec2:DeleteVpc": undecided} if undecided else {})


def test_a_plan_of_no_stack_is_told_of_policies_that_are_for_one() -> None:
    denied = {"ec2:DeleteVpc": {"EvalDecision": "implicitDeny"}}
    found = permissions(Iam(denied), CALLER, CHOICE, Target("us-east-1"), Kept())  # type: ignore[arg-type]
    (finding,) = caller_may_do_it_all(found)
    assert "DeleteVpc allowed by no policy for arn:aws:iam::123456789012:user/ada" in finding.what
    assert "for one stack" in finding.way_out
    of_a_stack = permissions(Iam(denied), CALLER, CHOICE, Target("us-east-1", "o/p/dev"), Kept())  # type: ignore[arg-type]
    (finding,) = caller_may_do_it_all(of_a_stack)
    assert "for one stack" not in finding.way_out


def test_settings_that_cannot_be_used_leave_nothing_to_ask() -> None:
    invalid = Choice.of({"architecture": "none"})
    found = permissions(Iam({}), CALLER, invalid, Target("us-east-1"), Kept())  # type: ignore[arg-type]
    assert found.denied is None
    assert "settings" in found.unasked
