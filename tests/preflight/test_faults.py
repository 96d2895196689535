"""A live preflight where AWS, or the way to it, fails: what could not be checked is said, and all else is reported."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys

import pytest
import requests

from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.registry import input_checks, live_checks
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT
from canal_aws.sandbox.aws import quotas
from canal_aws.sandbox.aws.server import EmbeddedAws
from tests.preflight.live_account import IMPATIENT, PATIENT, live, post

pytestmark = pytest.mark.component

#: Every action of a preflight of a new stack; a test holds it against what is really called.
ACTIONS = (
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeNatGateways",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRegions",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTransitGatewayRouteTables",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeLoadBalancers",
    "iam:GetAccountSummary",
    "iam:SimulatePrincipalPolicy",
    "servicequotas:GetAWSDefaultServiceQuota",
    "servicequotas:GetServiceQuota",
    "ssm:GetParameter",
    "sts:GetCallerIdentity",
)


@pytest.fixture(scope="module")
def warm_aws(embedded_aws: EmbeddedAws) -> None:
    """moto reads its instance types when first asked."""
    embedded_aws.world.reset()
    live(embedded_aws.url)


@pytest.fixture
def url(warm_aws: None, fresh_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh account, in which one quota has no applied value."""
    balancers = quotas.NETWORK_LOAD_BALANCERS
    monkeypatch.setitem(quotas.QUOTAS, balancers, dataclasses.replace(quotas.QUOTAS[balancers], has_applied=False))
    return fresh_aws.url


def test_a_clean_run_makes_these_calls_ten_at_most_at_a_time(url: str) -> None:
    post(url, "faults", {"delaySeconds": 0.02})  # so that calls meet
    run = live(url)
    assert run.report.exit_status() == 0
    assert set(run.made) == set(ACTIONS)
    traffic = requests.get(f"{url}/_canal/traffic", timeout=10).json()
    assert 5 <= traffic["mostInFlight"] <= 10
    assert run.made == requests.get(f"{url}/_canal/calls", timeout=10).json()


@pytest.mark.parametrize("action", ACTIONS)
def test_one_denied_action_leaves_every_other_check(url: str, action: str) -> None:
    post(url, "deny", {"actions": [action]})
    run = live(url)
    # What `up` needs as well does not fit, says the check of permissions.
    missing = run.said("permissions", Outcome.FAILS)
    assert action.partition(":")[2] in missing or not missing
    assert run.report.exit_status() == (DOES_NOT_FIT if missing else COULD_NOT_BE_CHECKED)
    unchecked = [str(finding) for result in run.report.results for finding in result.findings if _unchecked(finding)]
    assert unchecked
    assert all(action in said for said in unchecked), unchecked
    every = {each.name for each in (*input_checks(), *live_checks())}
    assert {result.check.name for result in run.report.results} == every
    assert len(run.unchecked) < len(run.report.results) / 2


@pytest.mark.parametrize("action", ["ec2:DescribeVpcs", "servicequotas:GetServiceQuota", "sts:GetCallerIdentity"])
@pytest.mark.parametrize("fault", ["drop", "garbage", "hang", "expired", "invalid"])
def test_one_action_that_fails_leaves_every_other_check(url: str, fault: str, action: str) -> None:
    post(url, "faults", {"faults": [{"fault": fault, "actions": [action]}]})
    run = live(url, patience=IMPATIENT if fault == "hang" else PATIENT)
    assert run.report.exit_status() == COULD_NOT_BE_CHECKED
    assert run.unchecked
    assert "zones" not in run.unchecked
    said = [str(finding) for result in run.report.results for finding in result.findings if _unchecked(finding)]
    assert all(action in each for each in said)


@pytest.mark.parametrize("fault", ["drop", "garbage", "hang", "expired", "invalid"])
def test_where_everything_fails_the_inputs_are_still_checked(url: str, fault: str) -> None:
    post(url, "faults", {"faults": [{"fault": fault}]})
    run = live(url, patience=IMPATIENT if fault == "hang" else PATIENT)
    assert run.report.exit_status() == COULD_NOT_BE_CHECKED
    assert {"credentials", "region", "vpcs", "zones"} <= run.unchecked
    assert "subnet-addresses" not in run.unchecked


@pytest.mark.parametrize("fault", ["throttle", "drop"])
def test_what_passes_is_asked_again(url: str, fault: str) -> None:
    actions = ["ec2:DescribeVpcs", "iam:GetAccountSummary", "servicequotas:GetServiceQuota"]
    post(url, "faults", {"faults": [{"fault": fault, "actions": [each], "times": 1} for each in actions]})
    assert live(url).report.exit_status() == 0


def test_a_silent_service_is_not_asked_call_after_call(url: str) -> None:
    post(url, "faults", {"faults": [{"fault": "hang"}]})
    run = live(url, patience=IMPATIENT)
    assert run.made["servicequotas:GetServiceQuota"] <= 10  # those that were in flight
    assert "not asked" in "".join(str(finding) for result in run.report.results for finding in result.findings)


def test_a_region_that_does_not_exist_is_named(url: str) -> None:
    done = _command(url, "--region", "us-east-9")
    assert done.returncode == COULD_NOT_BE_CHECKED
    assert "knows no Region us-east-9" in done.stdout


def test_without_credentials_the_command_says_so_and_reports_the_rest(url: str) -> None:
    done = _command(url, "--region", "us-east-1", "--all", credentials=False)
    assert done.returncode == COULD_NOT_BE_CHECKED
    assert "Unable to locate credentials" in done.stdout
    assert "credentials" in done.stdout
    assert "subnet-addresses" in done.stdout


def test_a_proxys_page_ends_the_command_with_its_status_and_no_traceback(url: str) -> None:
    post(url, "faults", {"faults": [{"fault": "garbage"}]})
    done = _command(url, "--region", "us-east-1")
    assert done.returncode == COULD_NOT_BE_CHECKED
    assert "none of AWS" in done.stdout


def _unchecked(finding: object) -> bool:
    return "UNCHECKED" in str(getattr(finding, "outcome", ""))


def _command(url: str, *arguments: str, credentials: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "COLUMNS": "400",
    }
    if credentials:
        environment |= {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    command = [
        sys.executable,
        "-m",
        "canal_aws",
        "preflight",
        "--set",
        'apiAllowedCidrs=["203.0.113.0/24"]',
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert "Traceback" not in done.stderr
    return done
