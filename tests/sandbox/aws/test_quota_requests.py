"""Requests for more of a quota on the embedded AWS."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from canal_aws.sandbox.aws import quotas
from canal_aws.sandbox.aws.server import EmbeddedAws

from .clients import Aws, refused

VPCS = {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}
PROFILES = {"ServiceCode": "iam", "QuotaCode": "L-6E65F664"}


def _ask(aws: Aws, value: float, **quota: str) -> dict[str, Any]:
    made = aws.quotas.request_service_quota_increase(**(quota or VPCS), DesiredValue=value)["RequestedQuota"]
    return dict(made)


def _history(aws: Aws, **more: Any) -> list[dict[str, Any]]:
    request = {**VPCS, **more}
    return list(aws.quotas.list_requested_service_quota_change_history_by_quota(**request)["RequestedQuotas"])


@pytest.mark.hardening
def test_a_request_is_pending_and_changes_nothing_yet(aws: Aws) -> None:
    made = _ask(aws, 7)
    assert (made["Status"], made["DesiredValue"], made["QuotaName"]) == ("PENDING", 7, "VPCs per Region")
    assert "CaseId" not in made
    assert made["Created"].tzinfo is not None
    assert json.loads(made["Requester"])["callerArn"].startswith("arn:aws:iam::")
    assert aws.quotas.get_service_quota(**VPCS)["Quota"]["Value"] == 5
    assert _history(aws) == [made]


@pytest.mark.hardening
def test_one_open_request_a_quota(aws: Aws) -> None:
    _ask(aws, 7)
    with refused("ResourceAlreadyExistsException"):
        _ask(aws, 8)
    _ask(aws, 7, ServiceCode="vpc", QuotaCode="L-A4707A72")


def test_after_a_decision_it_can_be_asked_again(aws: Aws, embedded_aws: EmbeddedAws) -> None:
    first = _ask(aws, 7)["Id"]
    ((_, requests),) = embedded_aws.world.quotas.requests.items()
    requests[0]["Status"] = "CASE_OPENED"
    with refused("ResourceAlreadyExistsException"):
        _ask(aws, 8)
    requests[0]["Status"] = "DENIED"
    second = _ask(aws, 8)["Id"]
    assert [each["Id"] for each in _history(aws)] == [second, first]
    assert [each["Id"] for each in _history(aws, Status="DENIED")] == [first]
    assert _history(aws, QuotaRequestedAtLevel="RESOURCE") == []


@pytest.mark.hardening
def test_history_is_paged(aws: Aws) -> None:
    _ask(aws, 7)
    pages = aws.quotas.get_paginator("list_requested_service_quota_change_history_by_quota").paginate(
        **VPCS, PaginationConfig={"PageSize": 1}
    )
    assert sum(len(page["RequestedQuotas"]) for page in pages) == 1


@pytest.mark.hardening
def test_less_than_there_is_already_is_no_increase(aws: Aws) -> None:
    with refused("IllegalArgumentException"):
        _ask(aws, 5)


def test_a_lowered_quota_has_to_pass_the_default(aws: Aws, embedded_aws: EmbeddedAws) -> None:
    embedded_aws.world.quotas.set("vpc", "L-F678F1CE", 2)
    with refused("IllegalArgumentException"):
        _ask(aws, 5)
    assert _ask(aws, 6)["Status"] == "PENDING"


def test_what_cannot_be_adjusted_is_refused(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = dataclasses.replace(quotas.QUOTAS[quotas.VPCS], adjustable=False)
    monkeypatch.setitem(quotas.QUOTAS, quotas.VPCS, fixed)
    with refused("IllegalArgumentException"):
        _ask(aws, 7)


@pytest.mark.hardening
def test_unknown_quotas_have_no_requests(aws: Aws) -> None:
    with refused("NoSuchResourceException"):
        _history(aws, QuotaCode="L-00000000")
    with refused("NoSuchResourceException"):
        _ask(aws, 7, ServiceCode="vpc", QuotaCode="L-00000000")


def test_iams_quotas_are_in_one_region_alone(aws: Aws) -> None:
    assert _ask(aws, 1250, **PROFILES)["GlobalQuota"] is True
    elsewhere = Aws(aws.url, hardened=True, region="eu-central-1")
    with refused("NoSuchResourceException"):
        _ask(elsewhere, 1250, **PROFILES)
    assert _ask(elsewhere, 7)["QuotaArn"].startswith("arn:aws:servicequotas:eu-central-1:")


def test_a_fresh_account_has_asked_for_nothing(aws: Aws, embedded_aws: EmbeddedAws) -> None:
    _ask(aws, 7)
    embedded_aws.world.reset()
    assert _history(aws) == []


@pytest.mark.parametrize("more", [{"ContextId": "arn:aws:ec2:us-east-1:1:vpc/v"}, {"SupportCaseAllowed": False}])
def test_what_is_not_modelled_says_so(aws: Aws, more: dict[str, Any]) -> None:
    with refused("SandboxNotModelled"):
        aws.quotas.request_service_quota_increase(**VPCS, DesiredValue=7, **more)
