"""The results of checks together, and what they mean for whoever asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.preflight.findings import Finding, Outcome, unchecked
from canal_aws.preflight.registry import Check

#: Exit statuses of `canal-aws preflight` beside 0.
WARNINGS_UNDER_STRICT = 1
DOES_NOT_FIT = 10
COULD_NOT_BE_CHECKED = 11


@dataclass(frozen=True)
class Result:
    """One check and what it found; a check without findings had nothing to look at."""

    check: Check
    findings: tuple[Finding, ...]

    @property
    def outcome(self) -> Outcome:
        """The gravest of its findings."""
        return max((finding.outcome for finding in self.findings), key=lambda each: each.gravity, default=Outcome.OK)


@dataclass(frozen=True)
class Report:
    """Every check's result."""

    results: tuple[Result, ...]

    def of(self, outcome: Outcome) -> tuple[tuple[Check, Finding], ...]:
        """Findings with this outcome, each with its check."""
        return tuple(
            (result.check, finding)
            for result in self.results
            for finding in result.findings
            if finding.outcome is outcome
        )

    def exit_status(self, strict: bool = False) -> int:
        """0 fits; 1 warnings, where `strict`; 10 does not fit; 11 something could not be checked (and nothing fails)."""
        if self.of(Outcome.FAILS):
            return DOES_NOT_FIT
        if self.of(Outcome.UNCHECKED):
            return COULD_NOT_BE_CHECKED
        return WARNINGS_UNDER_STRICT if strict and self.of(Outcome.WARNING) else 0


def evaluate(checks: Iterable[Check], facts: Mapping[type, Any], missing: Mapping[type, str] | None = None) -> Report:
    """Runs the checks on facts by type. `missing` says why a fact could not be had: its checks are then unchecked."""
    return Report(tuple(Result(each, _findings(each, facts, missing or {})) for each in checks))


def _findings(check: Check, facts: Mapping[type, Any], missing: Mapping[type, str]) -> tuple[Finding, ...]:
    reasons = dict.fromkeys(missing[need] for need in check.needs if need in missing)
    if reasons:
        return tuple(unchecked(reason) for reason in reasons)
    return check.run(dict(facts))
