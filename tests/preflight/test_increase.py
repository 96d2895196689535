"""`preflight --request-increase`: what is asked of Service Quotas, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from canal_aws.commands import preflight_increase
from canal_aws.commands.preflight import app
from canal_aws.preflight import increase
from canal_aws.preflight.findings import Finding, graded, unchecked
from canal_aws.preflight.live.asking import PATIENCE, Asking, NotAnswered
from canal_aws.preflight.registry import Check
from canal_aws.preflight.report import Report, Result
from canal_aws.quotas import BY_CODE, ROUTES_PER_TABLE, Usage
from canal_aws.sandbox.aws import quotas
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws
from tests.preflight.live_account import REGION, live

pytestmark = pytest.mark.component
VPCS, PROFILES, ADDRESSES = "L-F678F1CE", "L-6E65F664", "L-0263D0A3"
ACCELERATED = "L-DB2E81BA"  # no account may run these until it has asked


def _report(*usages: Usage, more: tuple[Finding, ...] = ()) -> Report:
    check = Check("made-up", "quotas", lambda: (), (), (VPCS,), "this test")
    return Report((Result(check, (*map(graded, usages), *more)),))


def _usage(code: str, used: int, planned: int, limit: int | None = None, subject: str = "") -> Usage:
    quota = BY_CODE[code]
    return Usage(quota, used, planned, quota.default if limit is None else limit, subject)


def _request(server: EmbeddedAws, report: Report, *codes: str, yes: bool = True, region: str = REGION) -> None:
    preflight_increase.request(report, _aws(server.url, region), region, codes, yes)


@cache
def _aws(url: str, region: str = REGION) -> Aws:
    # Asking's own patience, so that the clients made for one test are the next one's too.
    return Aws({"region": region, "accessKey": "test", "secretKey": "test"}, url, PATIENCE)


def _asked(server: EmbeddedAws) -> dict[tuple[str, str], float]:
    """What Service Quotas has by Region and code."""
    return {
        (region, code): request["DesiredValue"]
        for (region, (_, code)), requests in server.world.quotas.requests.items()
        for request in requests
    }


def test_what_a_live_report_found_is_asked_for(fresh_aws: EmbeddedAws, capsys: pytest.CaptureFixture[str]) -> None:
    ec2 = boto3.client(
        "ec2", endpoint_url=fresh_aws.url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    for number in range(4):  # moto's default VPC is the fifth
        ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")
    report = live(fresh_aws.url).report
    assert VPCS in increase._shown(report)
    _request(fresh_aws, report, VPCS)
    assert _asked(fresh_aws) == {(REGION, VPCS): 8}
    said = capsys.readouterr()
    assert "requested: vpc/L-F678F1CE, VPCs per Region: 5 now, 8 wanted: request " in said.err
    assert "PENDING" in said.err
    assert said.out == ""


def test_of_several_usages_the_largest_is_asked_for(fresh_aws: EmbeddedAws) -> None:
    tables = (_usage(ROUTES_PER_TABLE.code, 4, planned, 500, f"table {planned}") for planned in (450, 600, 500))
    _request(fresh_aws, _report(*tables), "vpc/L-93826ACB")
    assert _asked(fresh_aws) == {(REGION, ROUTES_PER_TABLE.code): 755}


def test_iams_quotas_are_asked_for_where_service_quotas_knows_them(fresh_aws: EmbeddedAws) -> None:
    report = _report(_usage(PROFILES, 999, 2), _usage(VPCS, 5, 1))
    _request(fresh_aws, report, PROFILES, VPCS, region="eu-central-1")
    assert _asked(fresh_aws) == {("us-east-1", PROFILES): 1252, ("eu-central-1", VPCS): 8}


@pytest.mark.parametrize(
    ("region", "home"),
    [("eu-west-1", "us-east-1"), ("cn-northwest-1", "cn-north-1"), ("us-gov-east-1", "us-gov-west-1")],
)
def test_each_partition_has_a_region_for_iam(region: str, home: str) -> None:
    assert increase.region_of(BY_CODE[PROFILES], region) == home
    assert increase.region_of(BY_CODE[VPCS], region) == region


def test_the_command_files_after_the_report_and_ends_as_the_report_does(
    fresh_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"ENDPOINT_URL": fresh_aws.url, "ACCESS_KEY_ID": "test", "SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    settings = ["--set", 'apiAllowedCidrs=["203.0.113.0/24"]', "--set", "workerInstanceType=g4dn.xlarge"]
    arguments = [*settings, "--region", REGION, "--json", "--request-increase", ACCELERATED]
    unanswered = CliRunner().invoke(app, arguments)
    assert isinstance(unanswered.exception, increase.NotRequested)
    assert _asked(fresh_aws) == {}
    done = CliRunner().invoke(app, [*arguments, "--yes"])
    assert done.exit_code == 10, done.output
    assert json.loads(done.stdout)["exitStatus"] == 10
    assert "requested: ec2/L-DB2E81BA" in done.stderr
    assert _asked(fresh_aws) == {(REGION, ACCELERATED): 30}


@pytest.mark.parametrize("other", ["--inputs-only", "--destroy"])
def test_it_goes_with_a_live_report_alone(other: str) -> None:
    done = CliRunner().invoke(app, [other, "--request-increase", ADDRESSES])
    assert done.exit_code == 2
    assert "--request-increase" in done.stderr


@pytest.mark.parametrize("status", ["PENDING", "CASE_OPENED"])
def test_an_open_request_is_shown_instead(
    fresh_aws: EmbeddedAws, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    report = _report(_usage(VPCS, 5, 1))
    _request(fresh_aws, report, VPCS)
    ((made,),) = fresh_aws.world.quotas.requests.values()
    made |= {"Status": status, "CaseId": "case-7"}
    # Nobody has to be asked about it.
    _request(fresh_aws, report, VPCS, yes=False)
    assert f"requested already: vpc/L-F678F1CE, VPCs per Region: 5 now, 8 wanted: request {made['Id']}" in (
        said := capsys.readouterr().err
    )
    assert f"for 8, {status}, support case case-7" in said
    assert _asked(fresh_aws) == {(REGION, VPCS): 8}


def test_a_decided_request_does_not_stand_in_the_way(fresh_aws: EmbeddedAws) -> None:
    report = _report(_usage(VPCS, 5, 1))
    _request(fresh_aws, report, VPCS)
    ((made,),) = fresh_aws.world.quotas.requests.values()
    made["Status"] = "DENIED"
    _request(fresh_aws, report, VPCS)
    ((first, second),) = fresh_aws.world.quotas.requests.values()
    assert (first["Status"], second["Status"]) == ("PENDING", "DENIED")


def test_who_is_quicker_wins(fresh_aws: EmbeddedAws) -> None:
    report = _report(_usage(VPCS, 5, 1))
    with Asking(_aws(fresh_aws.url)) as asking:
        (usage,) = increase.wanted(report, [VPCS])
        seen = increase.look(asking, usage)
        first = increase.file(asking, seen)
        assert seen.open is None
        assert increase.file(asking, seen) == first


def test_nothing_is_filed_without_a_yes(fresh_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    report = _report(_usage(VPCS, 5, 1))
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    with pytest.raises(increase.NotRequested, match="--yes") as refused:
        _request(fresh_aws, report, VPCS, yes=False)
    assert refused.value.exit_status == 2
    answers = iter([False, True])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: next(answers))
    with pytest.raises(increase.NotRequested):
        _request(fresh_aws, report, VPCS, yes=False)
    assert _asked(fresh_aws) == {}
    _request(fresh_aws, report, VPCS, yes=False)
    assert _asked(fresh_aws) == {(REGION, VPCS): 8}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("L-00000000", "L-00000000: no quota that preflight knows; near or over are L-93826ACB .*, L-F678F1CE"),
        (ADDRESSES, "L-0263D0A3 .Elastic IP addresses per Region.: there is enough of it; near or over are L-93826ACB"),
        (ROUTES_PER_TABLE.code, "1,104 of 500 routes per route table, and AWS raises it to 1,000 at most"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_and_with_it_all(fresh_aws: EmbeddedAws, code: str, said: str) -> None:
    report = _report(
        _usage(VPCS, 5, 1),
        _usage(ADDRESSES, 0, 1),
        _usage(ROUTES_PER_TABLE.code, 4, 900),
        _usage(ROUTES_PER_TABLE.code, 4, 1100),
    )
    with pytest.raises(increase.NotRequested, match=said) as refused:
        _request(fresh_aws, report, VPCS, code)
    assert refused.value.exit_status == 2
    assert _asked(fresh_aws) == {}


def test_at_the_hard_maximum_there_is_no_more(fresh_aws: EmbeddedAws) -> None:
    with pytest.raises(increase.NotRequested, match="1,000 at most"):
        _request(fresh_aws, _report(_usage(ROUTES_PER_TABLE.code, 4, 900, 1000)), ROUTES_PER_TABLE.code)


def test_what_the_report_could_not_check_is_not_called_enough(fresh_aws: EmbeddedAws) -> None:
    report = _report(more=(unchecked("us-east-1: servicequotas:GetServiceQuota: AccessDeniedException"),))
    with pytest.raises(increase.NotKnown, match=r"could not be checked: .*GetServiceQuota") as refused:
        _request(fresh_aws, report, VPCS)
    assert refused.value.exit_status == 11


def test_a_quota_that_is_not_adjustable_is_refused(fresh_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = dataclasses.replace(quotas.QUOTAS[quotas.VPCS], adjustable=False)
    monkeypatch.setitem(quotas.QUOTAS, quotas.VPCS, fixed)
    with pytest.raises(increase.NotRequested, match="not adjustable"):
        _request(fresh_aws, _report(_usage(VPCS, 5, 1)), VPCS)


def test_what_the_account_has_already_is_not_asked_for(fresh_aws: EmbeddedAws) -> None:
    fresh_aws.world.quotas.set("vpc", VPCS, 50)
    with pytest.raises(increase.NotRequested, match=r"50 now, 8 wanted, so nothing .* the settings count with 5"):
        _request(fresh_aws, _report(_usage(VPCS, 5, 1)), VPCS)


@pytest.mark.parametrize(
    "action",
    [
        "servicequotas:GetServiceQuota",
        "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota",
        "servicequotas:RequestServiceQuotaIncrease",
    ],
)
def test_a_denied_call_is_named(fresh_aws: EmbeddedAws, action: str) -> None:
    fresh_aws.world.denied = {action}
    with pytest.raises((NotAnswered, increase.NotKnown), match=f"{action}: AccessDenied") as refused:
        _request(fresh_aws, _report(_usage(VPCS, 5, 1)), VPCS)
    assert refused.value.exit_status == 11
    assert _asked(fresh_aws) == {}


def test_what_aws_refuses_does_not_keep_the_others_back(fresh_aws: EmbeddedAws, capsys: Any) -> None:
    fresh_aws.world.quotas.set("vpc", VPCS, 2)
    report = _report(_usage(VPCS, 2, 1, 2), _usage(ADDRESSES, 5, 1))
    with pytest.raises(
        increase.NotKnown, match=r"vpc/L-F678F1CE.*IllegalArgumentException.*default quota value of 5\.0"
    ):
        _request(fresh_aws, report, VPCS, ADDRESSES)
    assert _asked(fresh_aws) == {(REGION, ADDRESSES): 8}
    assert "requested: ec2/L-0263D0A3" in capsys.readouterr().err
