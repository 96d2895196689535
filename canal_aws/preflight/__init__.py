"""Preflight: whether a plan fits, said before anything is created. As a library:

from canal_aws.preflight import Plan, evaluate, input_checks
report = evaluate(input_checks(), {Plan: Plan.of(settings)})
"""

from __future__ import annotations

from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import Check, check, input_checks
from canal_aws.preflight.report import Report, Result, evaluate

__all__ = ["Check", "Finding", "Outcome", "Plan", "Report", "Result", "check", "evaluate", "input_checks"]
