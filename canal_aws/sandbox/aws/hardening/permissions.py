"""Calls that the caller has no permission for: the embedded AWS allows everything until a test denies something.

Each protocol has its own code for it: EC2 UnauthorizedOperation, the JSON services AccessDeniedException, the other
query services AccessDenied (EC2 API reference "Error codes"; "Common errors" of Service Quotas, SSM, IAM and ELB).
"""

from __future__ import annotations

from ..calls import FLEET_USER_AGENT, iam_action
from ..errors import AwsError
from ..pipeline import Call, Rules

_CODES = {
    "ec2": "UnauthorizedOperation",
    "service-quotas": "AccessDeniedException",
    "ssm": "AccessDeniedException",
    "elb": "AccessDenied",
    "elbv2": "AccessDenied",
    "iam": "AccessDenied",
    "sts": "AccessDenied",
}


def caller_arn(account_id: str) -> str:
    """The user as whom the sandbox's own keys sign."""
    return f"arn:aws:iam::{account_id}:user/sandbox"


def _refuse_denied(call: Call) -> None:
    action = iam_action(call.service, call.operation)
    if action not in call.world.denied or FLEET_USER_AGENT in call.user_agent:
        return
    raise AwsError(
        _CODES[call.service],
        f"User: {caller_arn(call.world.account_id)} is not authorized to perform: {action} because no identity-based policy allows the {action} action",
        status=403,
    )


def install(rules: Rules) -> None:
    """Install the check in front of every operation of every service."""
    for service in _CODES:
        rules.before(service, "*", rule=_refuse_denied)
