"""Up to how many nodes an account carries, with its own quotas and what runs in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from canal_aws.preflight.capacity import Capacity, smallest
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.capacity import account_capacities
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT
from canal_aws.stack.aws_clients import Aws
from tests.preflight.live_account import GOOD, PATIENT, REGION, post

pytestmark = pytest.mark.component


def _carried(url: str, **settings: Any) -> tuple[dict[str, Capacity], Mapping[str, int]]:
    raw = {**GOOD, **settings}
    with Asking(Aws({"region": REGION, "accessKey": "test", "secretKey": "test"}, url, PATIENT), PATIENT) as asking:
        found = account_capacities(raw, smallest(raw, "native-routes"), asking, Target(REGION))
    return {each.architecture: each for each in found}, asking.made


def test_the_accounts_quotas_stop_it_and_aws_is_asked_once(url: str) -> None:
    post(url, "quota", {"service": "ec2", "code": "L-1216C47A", "value": 64})
    found, made = _carried(url)
    for each in found.values():
        # 32 nodes of two vCPUs: one of the control plane, and ten times three workers.
        assert each.nodes == 31
        ((check, finding),) = each.stopped_by
        assert check.name == "vcpus"
        assert "0 used + 68 planned = 68 of 64 vCPUs" in finding.what
        assert each.exit_status(31) == 0
    assert made["ec2:DescribeVpcs"] == made["ec2:DescribeInstances"] == 1


def test_the_applied_route_quota_goes_before_the_default(url: str) -> None:
    post(url, "quota", {"service": "vpc", "code": "L-93826ACB", "value": 50})
    post(url, "quota", {"service": "ec2", "code": "L-1216C47A", "value": 1000})
    found, _ = _carried(url)
    assert found["native-routes"].nodes == 46
    assert [check.name for check, _ in found["native-routes"].stopped_by] == ["routes-per-table"]
    assert found["calico-ipip"].nodes == 499


def test_a_quota_that_nobody_may_ask_for_is_no_yes(url: str) -> None:
    post(url, "deny", {"actions": ["servicequotas:GetServiceQuota", "iam:SimulatePrincipalPolicy"]})
    found, _ = _carried(url)
    assert {"vcpus", "permissions"} <= {check.name for check, _ in found["calico-ipip"].unchecked}
    assert found["calico-ipip"].exit_status(10) == COULD_NOT_BE_CHECKED


def test_what_stands_in_the_way_of_any_plan_leaves_the_limit(url: str) -> None:
    post(url, "deny", {"actions": ["ec2:DescribeInstances", "ec2:DescribeAvailabilityZones"]})
    found, _ = _carried(url)
    assert found["native-routes"].nodes == 496  # in assumed zones
    assert "vcpus" in {check.name for check, _ in found["native-routes"].unchecked}
    # `pulumi up` makes these calls too.
    assert [check.name for check, _ in found["native-routes"].in_the_way] == ["permissions"]
    assert found["native-routes"].exit_status(10) == DOES_NOT_FIT
