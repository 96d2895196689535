"""native-routes from `up` to `destroy`: growing, shrinking, a node replaced, and the route quota. In the tests' order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from canal_aws.route_budget import QUOTA_CODE
from canal_aws.sandbox.control import Control
from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life

pytestmark = pytest.mark.lifecycle


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack(
        "routes",
        architecture="native-routes",
        availabilityZones="2",
        workersPerZone=1,
        natGateways="per-zone",
        apiAccess="private",
        apiAllowedCidrs=None,
    )
    stack.up()
    return Life(stack, aws, tmp_path_factory.mktemp("routes"))


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[Control]:
    """The control URLs; quota, permissions and zones are AWS's own again afterwards."""
    control = sandbox.control()
    yield control
    control.set_quota("vpc", QUOTA_CODE, 500)
    control.deny()
    control.set_zone_state("us-east-1a", "available")


def test_aws_has_what_the_description_says(life: Life) -> None:
    life.check_aws(life.plan("ab"))


def test_kubernetes_has_what_the_description_says(life: Life) -> None:
    life.check_kubernetes(life.plan("ab"))


def test_no_secret_is_in_the_state(life: Life) -> None:
    life.check_secrets()


def test_up_again_changes_nothing(life: Life) -> None:
    assert life.stack.up().changes == ()


def test_without_the_permission_for_quotas_and_without_a_zone_nothing_moves_once_the_quota_is_set(
    life: Life, control: Control
) -> None:
    control.deny("servicequotas:GetServiceQuota")
    done = life.stack.preview(fails=True)
    assert "routeQuota" in done.text
    assert "AccessDenied" in done.text
    assert "Traceback" not in done.text
    life.stack.configure(routeQuota=6)
    # AWS lists this zone no more, and the count of zones was resolved with it.
    control.set_zone_state("us-east-1a", "unavailable")
    done = life.stack.preview()
    life.stack.configure(routeQuota=None)
    assert done.changes == ()
    # 2 fixed + 3 nodes of 6.
    (warning,) = done.warnings_of_any_day()
    assert QUOTA_CODE in warning
    assert "of 6 routes per route table" in warning


def test_workers_past_the_quota_are_refused_by_the_program_and_then_by_aws(life: Life, control: Control) -> None:
    before = life.cloud().instance_ids
    control.set_quota("vpc", QUOTA_CODE, 6)  # a table holds 2 fixed routes and one for each of 5 nodes
    life.stack.configure(workersPerZone=2)
    refused = life.stack.up(fails=True)
    assert refused.changes == ()
    assert "= 7" in refused.text
    assert QUOTA_CODE in refused.text
    assert "routeQuotaOverride" in refused.text
    life.stack.configure(routeQuotaOverride=True)
    limited = life.stack.up(fails=True)
    assert any("RouteLimitExceeded" in error and "\n" not in error for error in limited.errors), limited.text
    assert "Traceback" not in limited.text
    control.set_quota("vpc", QUOTA_CODE, 500)
    life.stack.configure(routeQuotaOverride=None)
    rest = life.stack.up()
    assert {step for step in limited.touched() | rest.touched() if not step.startswith("create ")} == {_PLAN}
    created = limited.named("create") | rest.named("create")
    assert created == _of_nodes("worker-a-1", "worker-b-1", tables="ab")
    after = life.cloud().instance_ids
    assert before.items() <= after.items()
    life.check_aws(life.plan("ab"))
    life.check_kubernetes(life.plan("ab"))


#: Every node's pod CIDR, by which the API server judges what a kubelet claims.
_PLAN = "update ConfigMap configmap-canal-aws-pod-cidrs"


def _of_nodes(*nodes: str, tables: str) -> set[str]:
    """What a worker is made of, here: the instance and its route in each zone's table."""
    routes = {f"Route pods-nodes-{table}-{node}" for node in nodes for table in tables}
    return {f"Instance {node}" for node in nodes} | routes


_ZONE_C = {
    "Subnet nodes-c",
    "RouteTable nodes-c",
    "RouteTableAssociation nodes-c",
    "Route nodes-c-default",
    "NatGateway nat-c",
    "Eip nat-c",
}
_EDGE_C = {"Subnet edge-c", "RouteTableAssociation edge-c"}
_NODES = ("control-plane-0", "worker-a-0", "worker-a-1", "worker-b-0", "worker-b-1")


def test_a_zone_more_adds_to_the_others_and_touches_nothing_else(life: Life) -> None:
    before = life.cloud().instance_ids
    life.stack.configure(availabilityZones="3")
    done = life.stack.up()
    new = _of_nodes("worker-c-0", "worker-c-1", tables="abc")
    old_nodes_in_the_new_table = {f"Route pods-nodes-c-{node}" for node in _NODES}
    assert done.named("create") == _ZONE_C | _EDGE_C | new | old_nodes_in_the_new_table
    assert done.touched() - {f"create {name}" for name in done.named("create")} == {
        "update LoadBalancer api-internal",
        _PLAN,
    }
    assert before.items() <= life.cloud().instance_ids.items()
    life.check_aws(life.plan("abc"))


def test_a_zone_less_and_a_worker_less_remove_what_was_theirs(life: Life) -> None:
    life.stack.configure(availabilityZones="us-east-1a,us-east-1b", workersPerZone=1)
    before = life.cloud().instance_ids
    done = life.stack.up()
    gone = ("worker-c-0", "worker-c-1", "worker-a-1", "worker-b-1")
    expected = _ZONE_C | _of_nodes(*gone, tables="abc") | {f"Route pods-nodes-c-{node}" for node in _NODES}
    assert done.touched() == {f"delete {name}" for name in expected} | {_PLAN}
    assert life.cloud().instance_ids == {name: key for name, key in before.items() if name not in gone}
    # The load balancer's subnets stay: AWS would have to make another one, under another name, to lose one.
    life.check_aws(life.plan("ab", edge_zones="abc"))
    assert life.stack.refresh().changes == ()


def test_a_replaced_worker_comes_back_in_its_place_and_its_routes_follow(life: Life) -> None:
    before = life.cloud().instance_ids
    done = life.stack.up("--replace", life.stack.urn(":Instance", "worker-b-0"))
    steps = [(change.op, change.name) for change in done.of_type(":Instance")]
    assert steps.index(("delete-replaced", "worker-b-0")) < steps.index(("create-replacement", "worker-b-0"))
    routes = {f"pods-nodes-{table}-worker-b-0" for table in "ab"}
    assert {(change.op, change.name) for change in done.of_type(":Route")} == {("update", name) for name in routes}
    assert {change.name for change in done.changes} == {"worker-b-0", *routes}
    assert {name for name, key in life.cloud().instance_ids.items() if before[name] != key} == {"worker-b-0"}
    life.check_aws(life.plan("ab", edge_zones="abc"))
    life.check_kubernetes(life.plan("ab", edge_zones="abc"))


def test_destroy_leaves_nothing(life: Life, sandbox: Sandbox) -> None:
    life.stack.destroy()
    assert sandbox.control().leftovers() == []
    assert life.stack.resources() == []


def test_the_policies_foresaw_every_call(life: Life) -> None:
    life.check_permissions()
