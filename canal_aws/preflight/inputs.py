"""The facts of the input-only checks, and the run that `canal-aws preflight` and `pulumi up` share."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.preflight.checks.versions import Today
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import input_checks
from canal_aws.preflight.report import Report, evaluate

_NO_PLAN = "there is no plan to check until the settings can be used"


def input_facts(
    choice: Choice,
    region: str = "",
    zones: tuple[str, ...] = (),
    kept: Kept | None = None,
    limits: Limits | None = None,
    today: datetime.date | None = None,
) -> tuple[dict[type, Any], dict[type, str]]:
    """Facts by type, and for those that cannot be had the reason why."""
    facts: dict[type, Any] = {Choice: choice, Today: Today(today or datetime.date.today())}
    missing: dict[type, str] = {}
    if choice.settings is None:
        return facts | {Limits: limits or Limits()}, {Plan: _NO_PLAN}
    facts[Limits] = limits or Limits.assumed(choice.settings)
    try:
        facts[Plan] = Plan.of(choice.settings, region, zones, kept)
    except CanalError as error:
        missing[Plan] = str(error)
    return facts, missing


def check_inputs(raw: Mapping[str, Any], region: str = "") -> Report:
    """The report on camelCase settings, without asking anybody."""
    return evaluate(input_checks(), *input_facts(Choice.of(raw), region))
