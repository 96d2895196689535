"""What cannot be built is said clearly before any resource, by the program as a user runs it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.route_budget import QUOTA_CODE
from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.stacks import Stack

pytestmark = pytest.mark.lifecycle


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    return make_stack("refused")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        pytest.param(
            {
                "apiAllowedCidrs": None,
                "tags": {"a b": "c"},
                "controlPlaneNodes": 2,
                "podCidr": "10.0.128.0/17",
                "serviceCidr": "10.0.0.0/20",
                "nonsense": 1,
            },
            [
                "6 settings",
                "apiAllowedCidrs",
                "a b",
                "controlPlaneNodes = 2",
                "podCidr = 10.0.128.0/17: overlaps vpcCidr",
                "serviceCidr = 10.0.0.0/20: overlaps vpcCidr",
                "nonsense",
            ],
            id="settings that the file alone shows, all at once",
        ),
        pytest.param(
            {"availabilityZones": "us-east-1a,us-east-1e,us-east-1g", "workerInstanceType": "m7g.large"},
            [
                "us-east-1g: not an available zone",
                "workerInstanceType = m7g.large: not offered in us-east-1e",
                "controlPlaneInstanceType = m7i.large: not offered in us-east-1e",
            ],
            id="a zone that is not there, and types that another does not offer",
        ),
        pytest.param(
            {"workerInstanceType": "m99.large", "availabilityZones": "6"},
            ["workerInstanceType = m99.large", "not offered in this Region"],
            id="a type that is not there and more zones than offer it",
        ),
        pytest.param(
            {"workersPerZone": "many"},
            ["workersPerZone"],
            id="a word for a number, which the engine itself refuses",
        ),
        pytest.param(
            {"architecture": "native-routes", "workersPerZone": 4, "routeQuota": 9},
            [QUOTA_CODE, "= 15 of 9 routes per route table", "flannel-vxlan", "routeQuotaOverride"],
            id="more routes than the quota takes",
        ),
    ],
)
def test_it_is_refused_before_any_resource(
    stack: Stack, sandbox: Sandbox, config: dict[str, Any], said: list[str]
) -> None:
    usual = dict(stack.config)
    stack.configure(**config)
    try:
        done = stack.up(fails=True)
    finally:
        stack.config = usual
        stack.configure()
    for text in said:
        assert text in done.text, done.text
    assert "Traceback" not in done.text
    assert 'File "' not in done.text
    assert [resource["type"] for resource in stack.resources() if resource["type"].startswith("aws:")] == []
    assert sandbox.control().leftovers() == []


def test_a_preview_refuses_the_same_and_says_so_in_json(stack: Stack) -> None:
    stack.configure(topology="public", natGateways="per-zone")
    done = stack.preview("--json", fails=True)
    stack.configure(topology=None, natGateways=None)
    assert "natGateways = per-zone" in json.dumps(done.text)
    assert "Traceback" not in done.text


def test_a_stack_without_nodes_is_told_what_comes_first(stack: Stack) -> None:
    assert "run `pulumi up` first" in stack.canal_aws("kubeconfig", status=2).stderr
