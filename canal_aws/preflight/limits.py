"""The quotas' limits that a run grades against: AWS's defaults until the applied ones are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from canal_aws.preflight.findings import Finding, graded, unchecked
from canal_aws.quotas import BY_CODE, ROUTES_PER_TABLE, Usage
from canal_aws.settings import Settings
from canal_aws.turnover import IN_TWO_STEPS


@dataclass(frozen=True)
class Limits:
    """`applied` holds the account's own values by quota code, `unknown` why a code's value could not be had.

    `replaced` has the account's own values where a setting's is in `applied`.
    """

    applied: Mapping[str, int] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    replaced: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def assumed(cls, settings: Settings | None) -> Limits:
        """AWS's defaults, with what the settings say of the route quota."""
        said = settings.route_quota if settings else None
        return cls({} if said is None else {ROUTES_PER_TABLE.code: said})

    def grade(self, code: str, subject: str, used: int, planned: int, avoid: str = "", *, leaving: int = 0) -> Finding:
        """How a usage stands against the limit known here; `avoid` names what would need less.

        `leaving` are the stack's own that are there beside the planned ones while `up` runs (canal_aws/turnover.py).
        """
        if code in self.unknown and code not in self.applied:
            return unchecked(f"{subject}: {self.unknown[code]}", "allow the call, or ask whoever may make it")
        quota = BY_CODE[code]
        if leaving:
            used += leaving
            subject += f", {leaving:,} of the used leave only once all new ones are made"
            avoid = f"{IN_TWO_STEPS}; or {avoid}" if avoid else IN_TWO_STEPS
        return graded(Usage(quota, used, planned, self.applied.get(code, quota.default), subject), avoid)
