"""The facts of the input-only checks, and the run that `canal-aws preflight` and `pulumi up` share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.preflight.checks.versions import Today
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.planned import Plan, StackName
from canal_aws.preflight.registry import input_checks
from canal_aws.preflight.report import Report, evaluate

_NO_PLAN_IN_ANOTHER_VPC = "there is no plan to check for a VPC that the stack cannot move to"
_NO_PLAN = "there is no plan to check until the settings can be used"


def input_facts(
    choice: Choice,
    region: str = "",
    zones: tuple[str, ...] = (),
    kept: Kept | None = None,
    limits: Limits | None = None,
    today: datetime.date | None = None,
    stack: str = "",
) -> tuple[dict[type, Any], dict[type, str]]:
    """Facts by type, and for those that cannot be had the reason why."""
    facts: dict[type, Any] = {
        Choice: choice,
        Kept: kept or Kept(),
        StackName: StackName(stack) if stack else StackName(),
        Today: Today(today) if today else Today.now(),
    }
    missing: dict[type, str] = {}
    if choice.settings is None:
        return facts | {Limits: limits or Limits()}, {Plan: _NO_PLAN}
    if choice.settings.vpc_cidr != IPv4Network(facts[Kept].ranges.get("vpcCidr", choice.settings.vpc_cidr)):
        # The addresses that its nodes keep are none of the new VPC's.
        return facts | {Limits: limits or Limits.assumed(choice.settings)}, {Plan: _NO_PLAN_IN_ANOTHER_VPC}
    facts[Limits] = limits or Limits.assumed(choice.settings)
    try:
        facts[Plan] = Plan.of(choice.settings, region, zones, kept)
    except CanalError as error:
        missing[Plan] = str(error)
    return facts, missing


def check_inputs(raw: Mapping[str, Any], region: str = "", kept: Kept | None = None, stack: str = "") -> Report:
    """The report on camelCase settings, without asking anybody; `kept` is what a living stack holds on to."""
    return evaluate(input_checks(), *input_facts(Choice.of(raw), region, kept=kept, stack=stack))
