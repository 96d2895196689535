"""calico-ipip from `up` to `destroy`: public nodes, three control-plane nodes, arm64 workers. In the tests' order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.cloud import tags_of
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.engine_events import Done
from tests.lifecycle.life import Life

pytestmark = pytest.mark.lifecycle


@pytest.fixture(scope="module")
def first_up() -> list[Done]:
    """What the first `up` said, once it was run."""
    return []


@pytest.fixture(scope="module")
def life(
    make_stack: MakeStack,
    aws: Callable[[str], Any],
    tmp_path_factory: pytest.TempPathFactory,
    first_up: list[Done],
) -> Life:
    stack = make_stack(
        "ipip",
        architecture="calico-ipip",
        availabilityZones="us-east-1a,us-east-1b,us-east-1c",
        controlPlaneNodes=3,
        workersPerZone=1,
        workerInstanceType="m7g.large",
        topology="public",
        apiAllowedCidrs=["0.0.0.0/0"],
    )
    first_up.append(stack.up())
    return Life(stack, aws, tmp_path_factory.mktemp("ipip"))


def test_aws_has_what_the_description_says(life: Life) -> None:
    life.check_aws(life.plan("abc"), worker="arm64")


def test_an_api_open_to_everyone_was_warned_of(life: Life, first_up: list[Done]) -> None:
    (warning,) = first_up[0].warnings_of_any_day()
    assert "0.0.0.0/0" in warning


def test_control_plane_nodes_stand_in_three_zones_and_one_of_them_is_the_first(life: Life) -> None:
    nodes = {name: each for name, each in life.cloud().instances.items() if name.startswith("control-plane-")}
    assert len({each["Placement"]["AvailabilityZone"] for each in nodes.values()}) == 3
    assert [name for name, each in nodes.items() if "canal-aws:init" in tags_of(each)] == ["control-plane-0"]


def test_kubernetes_has_what_the_description_says(life: Life) -> None:
    life.check_kubernetes(life.plan("abc"))


def test_no_secret_is_in_the_state(life: Life) -> None:
    life.check_secrets()


def test_up_again_changes_nothing(life: Life) -> None:
    assert life.stack.up().changes == ()


def test_a_replaced_control_plane_node_is_deleted_first_and_stands_behind_both_load_balancers(life: Life) -> None:
    before = life.cloud().instance_ids
    done = life.stack.up("--replace", life.stack.urn(":Instance", "control-plane-1"))
    steps = [(change.op, change.name) for change in done.of_type(":Instance")]
    deleted, created = ("delete-replaced", "control-plane-1"), ("create-replacement", "control-plane-1")
    assert steps.index(deleted) < steps.index(created)
    attachments = {"api-internal-control-plane-1", "api-public-control-plane-1"}
    assert {change.name for change in done.changes} == {"control-plane-1", *attachments}
    after = life.cloud()
    assert {name for name, key in after.instance_ids.items() if before[name] != key} == {"control-plane-1"}
    life.check_aws(life.plan("abc"), worker="arm64")
    life.check_kubernetes(life.plan("abc"))


def test_refresh_finds_no_difference(life: Life) -> None:
    assert life.stack.refresh().changes == ()


def test_destroy_leaves_nothing(life: Life, sandbox: Sandbox) -> None:
    life.stack.destroy()
    assert sandbox.control().leftovers() == []
    assert life.stack.resources() == []


def test_the_policies_foresaw_every_call(life: Life) -> None:
    life.check_permissions()
