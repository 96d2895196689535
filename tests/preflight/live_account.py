"""A live preflight against the embedded AWS: one run, and what it found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import requests

from canal_aws.addressing import Kept
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.run import check_live
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.report import Report
from canal_aws.stack.aws_clients import Aws, Patience
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG

REGION = "us-east-1"
GOOD: Mapping[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"], "architecture": "native-routes"}
STACK = "organization/canal-aws/dev"
PATIENT = Patience(attempts=2, connect=5.0, read=60.0)
#: For what never answers; on a busy machine everything else takes a while too.
IMPATIENT = Patience(attempts=1, connect=2.0, read=2.0)


@dataclass(frozen=True)
class Run:
    """A report and the calls that it took, by IAM action."""

    report: Report
    made: Mapping[str, int]

    def said(self, check: str, outcome: Outcome) -> str:
        """What a check said with this outcome."""
        return "\n".join(str(finding) for each, finding in self.report.of(outcome) if each.name == check)

    @property
    def unchecked(self) -> set[str]:
        """The checks of which something could not be checked."""
        return {check.name for check, _ in self.report.of(Outcome.UNCHECKED)}


def post(url: str, path: str, body: Any = None) -> None:
    """A control URL of the embedded AWS."""
    requests.post(f"{url}/_canal/{path}", json=body, timeout=10).raise_for_status()


def tags(kind: str, name: str) -> list[dict[str, Any]]:
    """TagSpecifications of a resource of STACK."""
    of_stack = [{"Key": STACK_TAG, "Value": STACK}, {"Key": NAME_TAG, "Value": name}]
    return [{"ResourceType": kind, "Tags": of_stack}]


def live(
    url: str,
    target: Target | None = None,
    kept: Kept | None = None,
    patience: Patience = PATIENT,
    **settings: Any,
) -> Run:
    """One run with these settings over GOOD."""
    with Asking(_aws(url, target.region if target else REGION, patience), patience) as asking:
        report = check_live(Choice.of({**GOOD, **settings}), asking, target or Target(REGION), kept)
    return Run(report, asking.made)


@cache
def _aws(url: str, region: str, patience: Patience) -> Aws:
    """Making boto3's clients takes longer than a run."""
    return Aws({"region": region, "accessKey": "test", "secretKey": "test"}, url, patience)
