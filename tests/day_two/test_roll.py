"""A roll, step by step: what happens in which order, what is waited for, and what an end in the middle leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from canal_aws.day_two import roll, waiting
from canal_aws.day_two.errors import Refused, Unfinished
from canal_aws.day_two.live_stack import LiveStack
from canal_aws.day_two.roll import Patience, Roll
from canal_aws.progress import Silent
from canal_aws.stack.errors import ApiError
from tests.day_two.fake_world import FakeApi, FakePulumi, World, fail, fake_aws

MASTERS = ("control-plane-0", "control-plane-1", "control-plane-2")
WORKERS = ("worker-a-0", "worker-b-0")


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Roll]:
    """A Roll on a world of fakes that waits no longer than a moment."""
    monkeypatch.setattr(waiting, "_FIRST_PAUSE", 0.01)

    def make(world: World, only: Sequence[str] = (), patience: float = 0.6, replace: bool = False) -> Roll:
        monkeypatch.setattr(LiveStack, "kubernetes", FakeApi(world))
        monkeypatch.setattr(LiveStack, "aws", fake_aws(world))
        pulumi: Any = FakePulumi(world)
        return Roll(pulumi, only, patience=Patience(patience, patience), replace=replace)

    return make


def perform(run: Roll) -> None:
    plan = run.plan()
    run.check(plan)
    run.perform(plan, Silent())


def test_one_node_after_the_other_is_cordoned_drained_replaced_and_waited_for(begin: Callable[..., Roll]) -> None:
    world = World(*MASTERS, *WORKERS)
    world.pod("web", "worker-a-0")
    perform(begin(world, ["worker"]))
    assert world.log == [
        *("cordon worker-a-0", "evict web", "replace worker-a-0", "delete worker-a-0"),
        *("cordon worker-b-0", "replace worker-b-0", "delete worker-b-0"),
    ]
    assert begin(world, ["worker"]).plan().steps == ()


def test_a_control_plane_nodes_turn_ends_when_its_load_balancers_send_it_connections(
    begin: Callable[..., Roll],
) -> None:
    world = World(*MASTERS)
    world.target_states = ["initial", "healthy"]
    perform(begin(world, ["control-plane-1"]))
    assert world.log == [
        "cordon control-plane-1",
        "replace control-plane-1",
        *("delete etcd-control-plane-1", "delete kube-apiserver-control-plane-1", "delete control-plane-1"),
        *("target initial", "target healthy"),
    ]


@pytest.mark.parametrize("broken", ["node", "etcd-control-plane-2", "kube-apiserver-control-plane-2"])
def test_no_control_plane_node_is_touched_while_another_is_not_whole(begin: Callable[..., Roll], broken: str) -> None:
    world = World(*MASTERS)
    failing = world.nodes["control-plane-2"] if broken == "node" else world.pods[broken]
    world.templates["i-003"] = "2" if broken != "node" else "1"
    failing["status"]["conditions"][0]["status"] = "False"
    with pytest.raises(Unfinished, match=r"control-plane-2 is not Ready.*\n0 of"):
        perform(begin(world, ["control-plane-0"]))
    assert world.log == []


def test_a_mirror_pod_of_the_machine_before_is_not_taken_for_a_member(begin: Callable[..., Roll]) -> None:
    world = World(*MASTERS)
    world.pods["etcd-control-plane-2"]["metadata"]["ownerReferences"][0]["uid"] = "uid-of-before"
    with pytest.raises(Unfinished, match="etcd on control-plane-2 is not Ready"):
        perform(begin(world, ["control-plane-0"]))


def test_missing_control_plane_nodes_come_back_one_after_the_other_and_before_the_one_in_use(
    begin: Callable[..., Roll],
) -> None:
    """As after a restore: two of three have ended, and their Nodes with them."""
    world = World(*MASTERS)
    for number in (1, 2):
        name = f"control-plane-{number}"
        world.states[world.instances[name]] = "terminated"
        del world.nodes[name]
    run = begin(world, ["control-plane"])
    assert [step.instance.name for step in run.plan().steps][:2] == ["control-plane-1", "control-plane-2"]
    perform(run)
    replaced = [each for each in world.log if each.startswith("replace")]
    assert replaced[:2] == ["replace control-plane-1", "replace control-plane-2"]


def test_a_disruption_budget_is_waited_for(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.pod("web", "worker-a-0")
    refusals = [ApiError("POST: HTTP 429: disruption budget", 429), ApiError("no answer", 0)]

    def evict(name: str) -> None:
        if refusals:
            raise refusals.pop()

    world.hooks["evict"] = evict
    perform(begin(world, ["worker-a-0"], patience=5))
    assert world.log[:3] == ["cordon worker-a-0", "evict web", "replace worker-a-0"]


def test_a_budget_that_never_allows_it_ends_the_roll_with_the_node_back_in_use(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.pod("web", "worker-a-0")

    def evict(name: str) -> None:
        raise ApiError("POST: HTTP 429: Cannot evict pod as it would violate the pod's disruption budget.", 429)

    world.hooks["evict"] = evict
    with pytest.raises(Unfinished, match=r"worker-a-0: after .*shop/web.*disruption budget.*\n0 of 2 nodes.*again"):
        perform(begin(world))
    assert world.log == ["cordon worker-a-0", "uncordon worker-a-0"]


def test_a_node_that_was_cordoned_before_stays_so(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.nodes["worker-a-0"]["spec"]["unschedulable"] = True
    world.pod("web", "worker-a-0")
    world.hooks["evict"] = fail_with(ApiError("POST: HTTP 429: no", 429))
    with pytest.raises(Unfinished, match="kubectl uncordon worker-a-0"):
        perform(begin(world))
    assert world.log == ["cordon worker-a-0"]


def test_an_interruption_while_it_drains_leaves_the_node_in_use(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.pod("web", "worker-a-0")
    world.hooks["evict"] = fail_with(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        perform(begin(world))
    assert world.log == ["cordon worker-a-0", "uncordon worker-a-0"]


def fail_with(error: BaseException) -> Callable[[str], None]:
    def hook(_: str) -> None:
        raise error

    return hook


def test_pods_that_would_be_lost_are_named_before_anything_is_touched(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.pod("bare", "worker-b-0", owner="Node")["metadata"]["ownerReferences"] = []
    with pytest.raises(Refused, match=r"nothing was changed:\n  worker-b-0: shop/bare has no controller.*--force"):
        perform(begin(world))
    assert world.log == []


def test_a_failed_creation_is_finished_by_the_next_roll(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.hooks["create"] = fail
    with pytest.raises(Unfinished, match=r"InsufficientInstanceCapacity\n0 of 2 nodes are done.*goes on from here"):
        perform(begin(world))
    assert world.half == {"worker-a-0"}
    del world.hooks["create"]
    world.log.clear()
    # The instance that is missing is itself a difference between program and stack.
    world.differs = True
    perform(begin(world))
    assert world.log == ["finish worker-a-0", "cordon worker-b-0", "replace worker-b-0", "delete worker-b-0"]


def test_a_new_node_that_never_comes_is_waited_for_again_by_the_next_roll(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    register = world.register
    world.register = lambda name, ready=True: None  # type: ignore[method-assign]
    with pytest.raises(Unfinished, match=r"i-\d+ has not registered as worker-a-0.*get-console-output"):
        perform(begin(world))
    world.register = register  # type: ignore[method-assign]
    plan = begin(world).plan()
    assert [(step.instance.name, step.finishes) for step in plan.steps] == [("worker-a-0", True), ("worker-b-0", False)]
    world.register("worker-a-0")
    perform(begin(world))
    assert begin(world).plan().steps == ()


def test_an_instance_that_is_gone_is_made_anew_without_a_drain(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.states["i-001"] = "terminated"
    world.pod("web", "worker-a-0")
    perform(begin(world, ["worker-a-0"]))
    assert world.log == ["replace worker-a-0", "delete worker-a-0"]


@pytest.mark.parametrize("trouble", ["not Ready", "no Node", "none"])
def test_a_broken_node_with_a_current_template_is_replaced_where_it_is_asked_for(
    begin: Callable[..., Roll], trouble: str
) -> None:
    """A wrong pod CIDR or a taint that lingers shows in nothing that a roll looks at."""
    world = World(*MASTERS, *WORKERS)
    world.templates = dict.fromkeys(world.templates, world.newest)
    for name in ("worker-a-0", "control-plane-1"):
        world.nodes[name]["status"]["conditions"][0]["status"] = "Unknown" if trouble == "not Ready" else "True"
        if trouble == "no Node":
            del world.nodes[name]
    perform(begin(world, ["worker-a-0", "control-plane-1"], replace=True))
    assert [each for each in world.log if each.startswith("replace")] == [
        "replace worker-a-0",
        "replace control-plane-1",
    ]
    assert ("cordon worker-a-0" in world.log) is (trouble != "no Node")
    assert begin(world).plan().steps == ()


def test_without_being_asked_a_roll_waits_for_a_node_that_is_not_ready_and_says_what_replaces_it(
    begin: Callable[..., Roll],
) -> None:
    world = World(*WORKERS)
    world.templates = dict.fromkeys(world.templates, world.newest)
    world.nodes["worker-a-0"]["status"]["conditions"][0]["status"] = "False"
    with pytest.raises(
        Unfinished, match=r"again.*; `canal-aws roll --only worker-a-0 --replace` replaces the node instead"
    ):
        perform(begin(world, ["worker-a-0"]))
    assert world.log == []


def test_what_was_asked_for_and_not_done_is_asked_for_again(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.templates = dict.fromkeys(world.templates, world.newest)
    world.pod("web", "worker-a-0")
    world.hooks["evict"] = fail_with(ApiError("POST: HTTP 429: no", 429))
    with pytest.raises(Unfinished, match="Run `canal-aws roll --only worker-a-0 --only worker-b-0 --replace` again"):
        perform(begin(world, WORKERS, replace=True))
    del world.hooks["evict"]
    world.hooks["create"] = fail
    with pytest.raises(
        Unfinished, match=r"Run `canal-aws roll` again.*; then `canal-aws roll --only worker-b-0 --replace`"
    ):
        perform(begin(world, WORKERS, replace=True))


def test_pods_on_a_node_that_is_not_ready_are_not_waited_for(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.nodes["worker-a-0"]["status"]["conditions"][0]["status"] = "Unknown"
    pod = world.pod("web", "worker-a-0")
    pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    perform(begin(world, ["worker-a-0"]))
    assert world.log == ["cordon worker-a-0", "replace worker-a-0", "delete worker-a-0"]


def test_a_program_that_differs_from_the_stack_is_refused(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.differs = True
    with pytest.raises(Refused, match="run `pulumi up` first"):
        perform(begin(world))
    assert world.log == []


def test_a_killed_up_is_sent_to_recover(begin: Callable[..., Roll]) -> None:
    world = World(*WORKERS)
    world.pending = True
    with pytest.raises(Refused, match="canal-aws recover"):
        begin(world)


def test_a_patch_release_goes_to_the_control_plane_first(begin: Callable[..., Roll]) -> None:
    plan = begin(World(*MASTERS, *WORKERS, version="1.36.4")).plan()
    assert [step.instance.name for step in plan.steps] == [*MASTERS, *WORKERS]


def test_a_minor_release_is_refused_before_anything_is_asked_of_nodes(begin: Callable[..., Roll]) -> None:
    world = World(*MASTERS, *WORKERS, version="1.37.0")
    with pytest.raises(Refused, match=r"kubernetesVersion = 1.37.0, and the cluster runs 1.36.3"):
        begin(world).plan()


def test_answers_that_fail_while_a_control_plane_node_goes_do_not_end_the_roll(begin: Callable[..., Roll]) -> None:
    world = World(*MASTERS)
    silent = [6]

    def find(path: str) -> None:
        if world.log[-1:] == ["replace control-plane-1"] and silent[0]:
            silent[0] -= 1
            raise ApiError("the API server comes or goes", (0, 403, 503)[silent[0] % 3])

    world.hooks["find"] = find
    perform(begin(world, ["control-plane-1"], patience=5))
    assert "delete control-plane-1" in world.log
    assert world.waiting == set()


def test_what_aws_refuses_is_said_without_a_traceback(
    begin: Callable[..., Roll], monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import ClientError

    def refuse(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, "DescribeInstances")

    monkeypatch.setattr(roll.machines, "outdated", refuse)
    with pytest.raises(roll.StackError, match=r"UnauthorizedOperation.*docs/day-two.md"):
        begin(World(*WORKERS)).plan()
