"""A Flatcar stack that gains a pool of workers and four control-plane nodes, and never loses the latter. In the tests' order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life

pytestmark = pytest.mark.lifecycle

_BATCH: dict[str, Any] = {
    "name": "batch",
    "spot": True,
    "labels": {"example.com/workload": "batch"},
    "taints": ["dedicated=batch:NoSchedule"],
}
#: What a plan of pod CIDRs adds to the cluster's own: updated as nodes come and go.
_PLAN = "update ConfigMap configmap-canal-aws-pod-cidrs"


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack(
        "growth", architecture="native-routes", operatingSystem="flatcar", availabilityZones="1", workersPerZone=1
    )
    stack.up()
    return Life(stack, aws, tmp_path_factory.mktemp("growth"))


def test_a_pool_and_two_control_plane_nodes_more_touch_nothing_of_the_others(life: Life) -> None:
    before = life.cloud().instance_ids
    life.stack.configure(workerPools=[_BATCH], controlPlaneNodes=3)
    done = life.stack.up()
    joined = ("control-plane-1", "control-plane-2")
    attached = {f"TargetGroupAttachment {group}-{node}" for group in ("api-internal", "api-public") for node in joined}
    new = {f"{kind}{node}" for kind in ("Instance ", "Route pods-nodes-") for node in (*joined, "batch-a-0")}
    assert done.named("create") == {"Nodes batch", "LaunchTemplate batch", *new, *attached}
    # The user data of control planes may say how many there are; nodes that run never take it.
    rest = done.touched() - {f"create {name}" for name in done.named("create")}
    assert rest <= {_PLAN, "update LaunchTemplate control-plane"}
    cloud = life.cloud()
    assert before.items() <= cloud.instance_ids.items()
    targets = {cloud.instance_ids[node] for node in ("control-plane-0", *joined)}
    assert cloud.targets("api-internal") == cloud.targets("api-public") == targets
    life.check_aws(life.plan("a"))


def test_another_type_or_disk_waits_for_nodes_to_be_replaced(life: Life) -> None:
    before = life.cloud().instance_ids
    life.stack.configure(workerPools=[{**_BATCH, "instanceType": "m7i.xlarge", "diskGiB": 60}])
    done = life.stack.preview()
    assert done.touched() == {"update LaunchTemplate batch"}
    life.stack.up("--replace", life.stack.urn(":Instance", "batch-a-0"))
    after = life.cloud()
    assert after.instances["batch-a-0"]["InstanceType"] == "m7i.xlarge"
    assert after.volumes("batch-a-0")[0]["Size"] == 60
    assert {name for name, key in after.instance_ids.items() if before[name] != key} == {"batch-a-0"}


def test_five_control_plane_nodes_join_and_one_that_is_replaced_joins_again(life: Life) -> None:
    before = life.cloud().instance_ids
    life.stack.configure(controlPlaneNodes=5)
    done = life.stack.up()
    assert {name for name in done.named("create") if name.startswith("Instance ")} == {
        "Instance control-plane-3",
        "Instance control-plane-4",
    }
    assert before.items() <= life.cloud().instance_ids.items()
    life.check_kubernetes(life.plan("a"))
    life.stack.up("--replace", life.stack.urn(":Instance", "control-plane-3"))
    after = life.cloud()
    assert len(after.targets("api-internal")) == 5
    life.check_kubernetes(life.plan("a"))
    life.check_aws(life.plan("a"))


def test_fewer_control_plane_nodes_are_refused_with_the_reason(life: Life) -> None:
    life.stack.configure(controlPlaneNodes=1)
    done = life.stack.preview(fails=True)
    life.stack.configure(controlPlaneNodes=5)
    assert "controlPlaneNodes = 1: this stack has 5, and etcd counts every member" in done.text
    assert "Traceback" not in done.text


def test_destroy_leaves_nothing(life: Life, sandbox: Sandbox) -> None:
    life.stack.destroy()
    assert sandbox.control().leftovers() == []
    assert life.stack.resources() == []
