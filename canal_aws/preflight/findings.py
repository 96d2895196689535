"""What a check found: one finding a subject, each with its grade, its numbers and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from canal_aws.quotas import Grade, Usage


class Outcome(Enum):
    """What a finding means for the plan, gravest last."""

    OK = "ok"
    WARNING = "warning"
    UNCHECKED = "could not be checked"
    FAILS = "does not fit"

    @property
    def gravity(self) -> int:
        """Its place in the order: larger is graver."""
        return list(Outcome).index(self)


_OUTCOMES = {
    Grade.OK: Outcome.OK,
    Grade.NEAR: Outcome.WARNING,
    Grade.OVER_QUOTA: Outcome.FAILS,
    Grade.OVER_MAXIMUM: Outcome.FAILS,
}


@dataclass(frozen=True)
class Finding:
    """`what` is a sentence with the numbers in it, `way_out` what to do; `usage` is there where a quota was graded."""

    outcome: Outcome
    what: str
    way_out: str = ""
    usage: Usage | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.way_out}" if self.way_out else self.what


def ok(what: str) -> Finding:
    """All is well, and why."""
    return Finding(Outcome.OK, what)


def warning(what: str, way_out: str) -> Finding:
    """It fits, and its owner should know all the same."""
    return Finding(Outcome.WARNING, what, way_out)


def fails(what: str, way_out: str) -> Finding:
    """It does not fit."""
    return Finding(Outcome.FAILS, what, way_out)


def unchecked(why: str, way_out: str = "") -> Finding:
    """The check could not run: never a pass."""
    return Finding(Outcome.UNCHECKED, why, way_out)


def graded(usage: Usage, avoid: str = "") -> Finding:
    """A quota's usage with its grade; `avoid` names the setting or architecture that needs less of it."""
    outcome = _OUTCOMES[usage.grade]
    if usage.grade is Grade.OK:
        return Finding(outcome, str(usage), usage=usage)
    what = f"{usage}, {usage.grade.value}"
    if usage.grade is Grade.OVER_MAXIMUM:
        what += f" of {usage.quota.maximum:,}: AWS raises {usage.quota.key} no further"
        return Finding(outcome, what, avoid or "use less of it", usage)
    way_out = f"`canal-aws preflight --request-increase {usage.quota.code}` or `{usage.request}` asks for more"
    return Finding(outcome, what, f"{way_out}; or {avoid}" if avoid else way_out, usage)
