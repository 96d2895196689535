"""The input-only checks, as `canal-aws preflight --inputs-only` runs them."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from canal_aws.preflight import Finding, Outcome, evaluate, input_checks
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.inputs import check_inputs, input_facts
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT, Report

GOOD: dict[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"]}


def found(report: Report, name: str) -> tuple[Finding, ...]:
    return next(result.findings for result in report.results if result.check.name == name)


def said(report: Report, name: str, outcome: Outcome) -> str:
    return "\n".join(str(finding) for finding in found(report, name) if finding.outcome is outcome)


@pytest.mark.parametrize("architecture", ["flannel-vxlan", "calico-ipip", "native-routes"])
def test_the_default_shape_fits(architecture: str) -> None:
    report = check_inputs({**GOOD, "architecture": architecture})
    assert report.exit_status(strict=True) == 0
    assert all(result.findings for result in report.results)


def test_every_violation_is_a_finding_and_no_check_passes_without_a_plan() -> None:
    report = check_inputs({"architecture": "vxlan", "vpcCidr": "10.0.0.0/8"})
    assert report.exit_status() == DOES_NOT_FIT
    failed = said(report, "settings", Outcome.FAILS)
    assert "architecture = vxlan" in failed
    assert "vpcCidr = 10.0.0.0/8" in failed
    assert {finding.outcome for finding in found(report, "subnet-addresses")} == {Outcome.UNCHECKED}


@pytest.mark.parametrize(
    ("quota", "outcome", "words"),
    [
        (0, Outcome.FAILS, "over the applied quota"),
        (1000, Outcome.WARNING, "near the quota"),
    ],
)
def test_routes_are_graded_against_the_quota(quota: int, outcome: Outcome, words: str) -> None:
    big = {**GOOD, "architecture": "native-routes", "availabilityZones": 6, "workersPerZone": 140, "routeQuota": quota}
    text = said(check_inputs(big), "routes-per-table", outcome)
    assert "2 used + 841 planned = 843" in text
    assert words in text
    assert "flannel-vxlan or calico-ipip" in text


def test_an_override_lets_routes_past_the_applied_quota_and_nothing_past_the_maximum() -> None:
    big = {**GOOD, "architecture": "native-routes", "availabilityZones": 6, "workersPerZone": 140}
    assert "set routeQuotaOverride = true" in said(check_inputs(big), "routes-per-table", Outcome.FAILS)
    text = said(check_inputs({**big, "routeQuotaOverride": True}), "routes-per-table", Outcome.WARNING)
    assert "over the applied quota" in text
    past = {**big, "workersPerZone": 200, "routeQuotaOverride": True}
    assert "hard maximum" in said(check_inputs(past), "routes-per-table", Outcome.FAILS)


def test_user_data_past_ec2s_limit_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = said(check_inputs(GOOD), "user-data-size", Outcome.OK)
    assert "control-plane: user data of at most" in sizes
    assert "worker: user data of at most" in sizes
    monkeypatch.setattr("canal_aws.bootstrap.render.EC2_LIMIT_BYTES", 8000)
    assert "control-plane: user data is" in said(check_inputs(GOOD), "user-data-size", Outcome.FAILS)


def test_past_the_hard_maximum_no_request_is_offered() -> None:
    big = {**GOOD, "architecture": "native-routes", "availabilityZones": 6, "workersPerZone": 200}
    text = said(check_inputs(big), "routes-per-table", Outcome.FAILS)
    assert "hard maximum of 1,000" in text
    assert "request-service-quota-increase" not in text


def test_warnings_count_under_strict_only() -> None:
    report = check_inputs({"apiAllowedCidrs": ["0.0.0.0/0"]})
    assert (report.exit_status(), report.exit_status(strict=True)) == (0, 1)
    assert "anyone on the internet" in said(report, "api-access", Outcome.WARNING)


@pytest.mark.parametrize("instance_type", ["m7g.medium", "t3.micro"])
def test_control_plane_nodes_that_kubeadm_refuses_do_not_fit(instance_type: str) -> None:
    report = check_inputs({**GOOD, "controlPlaneInstanceType": instance_type})
    assert report.exit_status() == DOES_NOT_FIT
    assert instance_type in said(report, "instance-types", Outcome.FAILS)


def test_small_workers_are_warned_of_and_join_all_the_same() -> None:
    report = check_inputs({**GOOD, "workerInstanceType": "t3.micro"})
    assert report.exit_status() == 0
    assert "t3.micro" in said(report, "instance-types", Outcome.WARNING)
    assert said(check_inputs({**GOOD, "workerInstanceType": "m7g.medium"}), "instance-types", Outcome.WARNING) == ""


@pytest.mark.parametrize(
    ("day", "outcome"),
    [
        (datetime.date(2026, 11, 1), Outcome.OK),
        (datetime.date(2027, 1, 15), Outcome.WARNING),
        (datetime.date(2027, 2, 28), Outcome.WARNING),
    ],
)
def test_kubernetes_support_ends(day: datetime.date, outcome: Outcome) -> None:
    facts, missing = input_facts(Choice.of({**GOOD, "kubernetesVersion": "1.35.4"}), today=day)
    report = evaluate(input_checks(), facts, missing)
    assert [finding.outcome for finding in found(report, "kubernetes-version")] == [outcome]


@pytest.mark.parametrize(
    ("version", "way_out"),
    [("1.35.4", "choose kubernetesVersion 1.36."), ("1.36.3", "look for a newer release of this project")],
)
def test_no_date_alone_stops_an_up(version: str, way_out: str) -> None:
    facts, missing = input_facts(Choice.of({**GOOD, "kubernetesVersion": version}), today=datetime.date(2040, 1, 1))
    report = evaluate(input_checks(), facts, missing)
    assert report.exit_status() == 0
    warned = said(report, "kubernetes-version", Outcome.WARNING)
    assert "no patches since 2027-" in warned
    assert way_out in warned


def test_what_could_not_be_checked_is_no_pass() -> None:
    facts, _ = input_facts(Choice.of(GOOD))
    lost = {kind: fact for kind, fact in facts.items() if kind.__name__ != "Limits"}
    missing = {kind: "Service Quotas did not answer" for kind in facts if kind.__name__ == "Limits"}
    report = evaluate(input_checks(), lost, missing)
    assert report.exit_status() == COULD_NOT_BE_CHECKED
    assert "did not answer" in said(report, "routes-per-table", Outcome.UNCHECKED)


def test_every_check_says_what_it_is_for() -> None:
    for check in input_checks():
        assert check.summary.endswith((".", "at worst")), check.name
        assert check.source, check.name
        assert check.needs, check.name
