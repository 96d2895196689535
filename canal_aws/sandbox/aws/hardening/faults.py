"""Errors that every API of AWS can answer with, at a test's wish: throttling, expired and invalid credentials.

The first rule of all: AWS looks at credentials and at the rate before anything else.
"""

from __future__ import annotations

from ..calls import FLEET_USER_AGENT
from ..pipeline import Call, Rules


def _refuse(call: Call) -> None:
    if FLEET_USER_AGENT not in call.user_agent:
        call.world.faults.refuse(call.service, call.operation)


def install(rules: Rules) -> None:
    """Install the rule in front of every operation of every service."""
    for service in ("ec2", "elbv2", "iam", "sts", "ssm", "service-quotas"):
        rules.before(service, "*", rule=_refuse)
