"""Service Quotas on the embedded AWS."""

from __future__ import annotations

import pytest
import requests

from canal_aws.sandbox.aws.quotas import QUOTAS, Quotas

from .clients import Aws, refused

ROUTES = {"ServiceCode": "vpc", "QuotaCode": "L-93826ACB"}


@pytest.mark.hardening
def test_the_quota_of_routes_is_todays_default(aws: Aws) -> None:
    quota = aws.quotas.get_service_quota(**ROUTES)["Quota"]
    assert (quota["Value"], quota["QuotaName"]) == (500, "Routes per route table")


@pytest.mark.hardening
def test_a_run_sets_the_applied_quota_and_not_the_default(aws: Aws) -> None:
    body = {"service": "vpc", "code": "L-93826ACB", "value": 50}
    requests.post(f"{aws.url}/_canal/quota", json=body, timeout=5).raise_for_status()
    assert aws.quotas.get_service_quota(**ROUTES)["Quota"]["Value"] == 50
    assert aws.quotas.get_aws_default_service_quota(**ROUTES)["Quota"]["Value"] == 500


@pytest.mark.hardening
@pytest.mark.parametrize(
    ("service", "code"), [("ec2", "L-1216C47A"), ("ec2", "L-0263D0A3"), ("elasticloadbalancing", "L-69A177A2")]
)
def test_other_services_have_quotas_too(aws: Aws, service: str, code: str) -> None:
    listed = aws.quotas.list_service_quotas(ServiceCode=service)["Quotas"]
    quota = aws.quotas.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
    assert quota in listed


@pytest.mark.hardening
def test_without_an_applied_value_the_default_has_to_be_asked(aws: Aws) -> None:
    key = {"ServiceCode": "elasticloadbalancing", "QuotaCode": "L-57A373D6"}
    with refused("NoSuchResourceException"):
        aws.quotas.get_service_quota(**key)
    assert aws.quotas.get_aws_default_service_quota(**key)["Quota"]["Value"] == 50


@pytest.mark.hardening
def test_lists_are_paged(aws: Aws) -> None:
    pages = list(
        aws.quotas.get_paginator("list_aws_default_service_quotas").paginate(
            ServiceCode="vpc", PaginationConfig={"PageSize": 5}
        )
    )
    codes = [quota["QuotaCode"] for page in pages for quota in page["Quotas"]]
    assert len(pages) > 1
    assert sorted(codes) == sorted(code for service, code in QUOTAS if service == "vpc")


def test_unknown_quotas_are_refused(aws: Aws) -> None:
    with refused("NoSuchResourceException"):
        aws.quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-00000000")


def test_aws_applies_no_more_than_a_thousand_routes() -> None:
    with pytest.raises(ValueError, match="at most 1000"):
        Quotas().set("vpc", "L-93826ACB", 1001)
