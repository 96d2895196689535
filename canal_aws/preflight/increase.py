"""Asks Service Quotas for more of what a report found near its limit or over it: `preflight --request-increase CODE`.

Service Quotas User Guide, "Requesting a quota increase": AWS decides about a request in minutes or days, and has one
open at a time for each quota. The applied value is asked for again beforehand: a report's limit can be a setting's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canal_aws.errors import CanalError
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.inventory import service_quota
from canal_aws.preflight.live.region import region_of_service
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, Report
from canal_aws.quotas import BY_CODE, Grade, Quota, Usage

# Service Quotas API reference, RequestedServiceQuotaChange, Status: the others are decided.
_OPEN = ("PENDING", "CASE_OPENED")
_GROUNDS = (Grade.NEAR, Grade.OVER_QUOTA, Grade.OVER_MAXIMUM)


class NotRequested(CanalError):
    """Nothing was asked for, since what was named cannot be, or nobody said yes."""


class NotKnown(CanalError):
    """Nothing was asked for: how much is needed could not be found out, or AWS did not take the request."""

    exit_status = COULD_NOT_BE_CHECKED


@dataclass(frozen=True)
class Request:
    """A request that AWS has: `value` is what it asks for, `case` the support case's id, "" where there is none."""

    id: str
    status: str
    value: int
    case: str = ""

    def __str__(self) -> str:
        case = f", support case {self.case}" if self.case else ""
        return f"request {self.id} for {self.value:,}, {self.status}{case}"


@dataclass(frozen=True)
class Increase:
    """`usage.wanted` of a quota, in place of `applied`; `open` is what was asked for already and is not decided."""

    usage: Usage
    applied: int
    open: Request | None = None

    @property
    def quota(self) -> Quota:
        """Of what."""
        return self.usage.quota

    def __str__(self) -> str:
        return f"{self.quota.key}, {self.quota.name}: {self.applied:,} now, {self.usage.wanted:,} wanted"


def wanted(report: Report, codes: Iterable[str]) -> tuple[Usage, ...]:
    """For each code (or service/code) the usage that wants most; NotRequested, NotKnown where one cannot be asked for."""
    names = {name: quota for quota in BY_CODE.values() for name in (quota.code, quota.key)}
    found: dict[str, Usage] = {}
    for code in codes:
        if code not in names:
            raise NotRequested(f"--request-increase {code}: no quota that preflight knows; {_shown(report)}")
        found[names[code].code] = _largest(report, names[code])
    return tuple(found.values())


def _largest(report: Report, quota: Quota) -> Usage:
    usages = [usage for usage in _graded(report) if usage.quota.code == quota.code]
    named = f"--request-increase {quota.code} ({quota.name})"
    if not usages:
        silent = [str(finding) for check, finding in report.of(Outcome.UNCHECKED) if quota.code in check.quotas]
        if silent:
            raise NotKnown(f"{named}: how much is needed could not be checked: {'; '.join(dict.fromkeys(silent))}")
        raise NotRequested(f"{named}: there is enough of it; {_shown(report)}")
    most = max(usages, key=lambda usage: (usage.wanted, usage.total))
    if quota.maximum is not None and (most.grade is Grade.OVER_MAXIMUM or most.wanted <= most.limit):
        raise NotRequested(f"{named}: {most}, and AWS raises it to {quota.maximum:,} at most; use less of it")
    return most


def _graded(report: Report) -> list[Usage]:
    findings = (finding for result in report.results for finding in result.findings)
    return [each.usage for each in findings if each.usage is not None and each.usage.grade in _GROUNDS]


def _shown(report: Report) -> str:
    quotas = {usage.quota.code: usage.quota.name for usage in _graded(report)}
    if not quotas:
        return "the report shows none near its limit or over it"
    return "near or over are " + ", ".join(f"{code} ({name})" for code, name in sorted(quotas.items()))


def region_of(quota: Quota, region: str) -> str:
    """Where Service Quotas has a quota that a stack in `region` meets."""
    return region_of_service(quota.service, region)


def look(asking: Asking, usage: Usage) -> Increase:
    """What AWS says of the quota, in its Region. NotRequested where it cannot be raised, NotAnswered."""
    quota = usage.quota
    found = service_quota(asking, quota)
    applied = int(found["Value"])
    increase = Increase(usage, applied, _open(asking, quota))
    if not found.get("Adjustable"):
        raise NotRequested(f"{increase}; AWS does not raise it (Service Quotas says that it is not adjustable)")
    if usage.wanted <= applied:
        raise NotRequested(f"{increase}, so nothing has to be asked for; the settings count with {usage.limit:,}")
    return increase


def file(asking: Asking, increase: Increase) -> Request:
    """Hands the request in; the one that was quicker where there is one by now. NotAnswered."""
    quota = increase.quota
    try:
        made = asking.ask(
            "service-quotas",
            "request_service_quota_increase",
            ServiceCode=quota.service,
            QuotaCode=quota.code,
            DesiredValue=float(increase.usage.wanted),
        )
    except NotAnswered as error:
        # Also where an answer was lost on its way, and the same request went out again.
        other = _open(asking, quota) if error.code == "ResourceAlreadyExistsException" else None
        if other is None:
            raise
        return other
    return _request(made["RequestedQuota"])


def _open(asking: Asking, quota: Quota) -> Request | None:
    history = asking.pages(
        "service-quotas",
        "list_requested_service_quota_change_history_by_quota",
        "RequestedQuotas",
        ServiceCode=quota.service,
        QuotaCode=quota.code,
    )
    return next((_request(each) for each in history if each["Status"] in _OPEN), None)


def _request(shown: Mapping[str, object]) -> Request:
    value = int(float(str(shown["DesiredValue"])))
    return Request(str(shown["Id"]), str(shown["Status"]), value, str(shown.get("CaseId") or ""))
