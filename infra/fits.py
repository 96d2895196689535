"""What preflight says from the inputs alone, said by `pulumi preview` and `up` too, before any resource."""

from __future__ import annotations

from collections.abc import Iterator

import pulumi

from canal_aws.addressing import AddressPlan, Kept
from canal_aws.errors import CanalError
from canal_aws.preflight import Finding, Outcome, Plan, Result, evaluate, input_checks
from canal_aws.preflight.checks.versions import Today
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.planned import StackName
from canal_aws.quotas import ROUTES_PER_TABLE
from canal_aws.settings import Settings
from infra.facts import Facts
from infra.stack import Identity


class DoesNotFit(CanalError):
    """Checks that need no more than the inputs say that the plan cannot be built."""


def require_that_it_fits(settings: Settings, plan: AddressPlan, kept: Kept, facts: Facts, identity: Identity) -> None:
    """Warns of what preflight warns of; DoesNotFit with all that fails at once."""
    report = evaluate(
        input_checks(),
        {
            Choice: Choice(settings),
            Kept: kept,
            Limits: Limits({ROUTES_PER_TABLE.code: facts.route_quota}),
            Plan: Plan(settings, plan, facts.region, kept),
            StackName: StackName(identity.tag),
            Today: Today.now(),
        },
    )
    found = [finding for result in report.results for finding in _gravest(result)]
    failing = [str(finding) for finding in found if finding.outcome is Outcome.FAILS]
    if failing:
        raise DoesNotFit("\n".join(["this cannot be built:", *(f"  - {text}" for text in failing)]))
    for finding in found:
        if finding.outcome is Outcome.WARNING:
            pulumi.log.warn(str(finding))


def _gravest(result: Result) -> Iterator[Finding]:
    """A check's findings; of those that grade one quota for several subjects, the one that is fullest."""
    graded = [finding for finding in result.findings if finding.usage]
    yield from (finding for finding in result.findings if not finding.usage)
    if graded:
        yield max(graded, key=lambda finding: (finding.outcome.gravity, finding.usage.total if finding.usage else 0))
