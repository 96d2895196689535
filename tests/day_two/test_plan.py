"""The plan of a roll: the right nodes, in an order that keeps the cluster alive, whatever it finds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canal_aws.day_two import plan
from canal_aws.day_two.errors import Refused
from canal_aws.day_two.live_stack import Instance
from canal_aws.day_two.plan import CONTROL_PLANE, NodeNow, Plan


def instance(name: str, half_replaced: bool = False) -> Instance:
    pool = name.rsplit("-", 2)[0] if name.count("-") > 1 and not name.startswith(CONTROL_PLANE) else CONTROL_PLANE
    role = CONTROL_PLANE if pool == CONTROL_PLANE else "worker"
    return Instance(name, role, pool, f"urn::{name}", f"i-{name}", half_replaced)


def ready(*instances: Instance) -> dict[str, NodeNow]:
    return {each.name: NodeNow(f"aws:///us-east-1a/{each.id}", True) for each in instances}


MASTERS = tuple(instance(f"control-plane-{index}") for index in range(3))
WORKERS = tuple(instance(name) for name in ("worker-a-0", "worker-a-2", "worker-a-10", "batch-b-0"))
ALL = (*MASTERS, *WORKERS)
OUTDATED = {each.name: ["user data"] for each in ALL}


def names(made: Plan) -> list[str]:
    return [step.instance.name for step in made.steps]


def test_workers_come_first_and_the_control_plane_last() -> None:
    made = plan.make(ALL, ready(*ALL), OUTDATED)
    assert names(made) == [
        *("batch-b-0", "worker-a-0", "worker-a-2", "worker-a-10"),
        *("control-plane-0", "control-plane-1", "control-plane-2"),
    ]


def test_the_control_plane_leads_where_kubernetes_changes() -> None:
    made = plan.make(ALL, ready(*ALL), OUTDATED, control_plane_leads=True)
    assert names(made)[:3] == ["control-plane-0", "control-plane-1", "control-plane-2"]


def test_nothing_is_done_where_nothing_is_outdated() -> None:
    assert plan.make(ALL, ready(*ALL), {}) == Plan((), {})


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        (["worker"], {each.name for each in WORKERS}),
        (["batch"], {"batch-b-0"}),
        (["control-plane"], {each.name for each in MASTERS}),
        (["worker-a-2", "batch"], {"worker-a-2", "batch-b-0"}),
    ],
)
def test_only_takes_roles_pools_and_nodes(only: list[str], chosen: set[str]) -> None:
    assert set(names(plan.make(ALL, ready(*ALL), OUTDATED, only))) == chosen


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(Refused, match=r"--only wroker: .*batch, control-plane, worker.*batch-b-0"):
        plan.make(ALL, ready(*ALL), OUTDATED, ["wroker"])


def test_nodes_that_are_named_are_replaced_though_they_are_not_outdated() -> None:
    broken, outdated, other = WORKERS[:3]
    nodes = ready(*ALL) | {broken.name: NodeNow(f"aws:///us-east-1a/{broken.id}", False)}
    old = {outdated.name: ["user data"], other.name: ["user data"]}
    made = plan.make(ALL, nodes, old, [broken.name, outdated.name, MASTERS[1].name], replace=True)
    assert {step.instance.name: step.summary for step in made.steps} == {
        broken.name: "asked for",
        outdated.name: "user data",
        MASTERS[1].name: "asked for",
    }


def test_a_replacement_that_was_asked_for_and_broke_off_is_ended_and_not_begun_again() -> None:
    half = instance("worker-a-0", half_replaced=True)
    (step,) = plan.make([half], {}, {}, [half.name], replace=True).steps
    assert (step.finishes, step.summary) == (True, "an earlier replacement is brought to its end")


def test_a_node_that_is_not_ready_is_waited_for_and_the_plan_says_what_replaces_it() -> None:
    (step,) = plan.make(ALL, ready(*ALL[:-1]), {}).steps
    assert "not replaced (`canal-aws roll --only batch-b-0 --replace` replaces it)" in step.summary


@pytest.mark.parametrize("only", [[], ["worker"], ["worker-a-0", "batch"], ["control-plane"]])
def test_whatever_names_no_single_node_is_refused_with_replace(only: list[str]) -> None:
    with pytest.raises(Refused, match=r"--replace with .*--only.*`canal-aws roll --only batch-b-0 --replace`"):
        plan.make(ALL, ready(*ALL), OUTDATED, only, replace=True)


def test_one_control_plane_node_is_not_replaced_though_it_is_asked_for() -> None:
    with pytest.raises(Refused, match="controlPlaneNodes to 3"):
        plan.make(MASTERS[:1], {}, {}, [MASTERS[0].name], replace=True)


def test_one_control_plane_node_stays_and_the_workers_are_rolled() -> None:
    few = (MASTERS[0], WORKERS[0])
    made = plan.make(few, ready(*few), OUTDATED)
    assert names(made) == ["worker-a-0"]
    assert "controlPlaneNodes to 3" in made.left["control-plane-0"]
    assert "found a cluster in its place and restore there" in made.left["control-plane-0"]


@pytest.mark.parametrize("only", ["control-plane", "control-plane-0"])
def test_the_one_control_plane_node_is_refused_where_it_is_asked_for(only: str) -> None:
    with pytest.raises(Refused, match="controlPlaneNodes to 3"):
        plan.make((MASTERS[0], WORKERS[0]), ready(MASTERS[0]), OUTDATED, [only])


def test_what_an_earlier_roll_began_comes_first() -> None:
    half, waited_for = instance("control-plane-1", half_replaced=True), WORKERS[2]
    everything = (MASTERS[0], half, MASTERS[2], *WORKERS)
    nodes = ready(*everything) | {waited_for.name: NodeNow("aws:///us-east-1a/i-older", True)}
    made = plan.make(everything, nodes, {MASTERS[0].name: ["user data"], WORKERS[0].name: ["user data"]})
    assert names(made) == ["worker-a-10", "control-plane-1", "worker-a-0", "control-plane-0"]
    assert [step.finishes for step in made.steps] == [True, True, False, False]


_COUNTS = st.sampled_from([1, 3, 5])


@given(masters=_COUNTS, workers=st.integers(0, 6), data=st.data())
def test_every_outdated_node_is_rolled_once_or_left_with_a_reason(
    masters: int, workers: int, data: st.DataObject
) -> None:
    everything = [
        *(instance(f"control-plane-{index}", data.draw(st.booleans())) for index in range(masters)),
        *(instance(f"worker-a-{index}", data.draw(st.booleans())) for index in range(workers)),
    ]
    old = {each.name: ["image"] for each in everything if data.draw(st.booleans())}
    nodes = {each.name: NodeNow(f"aws:///z/{each.id}", data.draw(st.booleans())) for each in everything}
    leads = data.draw(st.booleans())
    made = plan.make(everything, nodes, old, control_plane_leads=leads)

    assert len(set(names(made))) == len(made.steps)
    assert set(old) <= set(names(made)) | made.left.keys()
    assert not set(names(made)) & made.left.keys()
    if masters < 3:
        assert not any(step.why for step in made.steps if step.instance.role == CONTROL_PLANE)
    replaced = [step.instance.role for step in made.steps if step.why]
    assert replaced == sorted(replaced, key=lambda role: (role == CONTROL_PLANE) is not leads)
    # After each replacement the plan made anew goes on with what is left of this one.
    done = {step.instance.name for step in made.steps[:1]}
    after = plan.make(
        [instance(each.name, each.half_replaced and each.name not in done) for each in everything],
        nodes | ready(*(step.instance for step in made.steps[:1])),
        {name: why for name, why in old.items() if name not in done},
        control_plane_leads=leads,
    )
    assert names(after) == names(made)[1:]
