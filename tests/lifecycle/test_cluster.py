"""What the checks of a stack's life wait for in its cluster, on answers that are made up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lifecycle import cluster
from tests.lifecycle.cluster import Cluster


def node(instance: str, pod_cidr: str = "", ready: str = "True") -> dict[str, Any]:
    spec = {"providerID": f"aws:///us-east-1a/{instance}"} | ({"podCIDR": pod_cidr} if pod_cidr else {})
    return {"spec": spec, "status": {"conditions": [{"type": "Ready", "status": ready}]}}


class Answers(Cluster):
    """A cluster that answers with each of these in turn, and then with the last for ever."""

    def __init__(self, *answers: dict[str, dict[str, Any]]) -> None:
        self._answers = list(answers)

    def get(self, kinds: str) -> dict[str, dict[str, Any]]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def test_the_node_of_an_ended_instance_is_not_taken_for_its_replacements() -> None:
    answers = (
        {"Node worker-a-0": node("i-0old", "10.244.0.0/24")},
        {},
        {"Node worker-a-0": node("i-0new", "10.244.0.0/24", ready="False")},
        {"Node worker-a-0": node("i-0new")},
        {"Node worker-a-0": node("i-0new", "10.244.0.0/24")},
    )
    assert Answers(*answers).settled({"worker-a-0": "i-0new"}, True) == {"worker-a-0": node("i-0new", "10.244.0.0/24")}


def test_a_node_that_stays_says_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_SETTLE_SECONDS", 0.0)
    with pytest.raises(AssertionError, match="i-0old"):
        Answers({"Node worker-a-0": node("i-0old")}).settled({"worker-a-0": "i-0new"}, False)


def test_pods_are_waited_for_on_every_node_and_not_only_on_those_that_the_controller_knows() -> None:
    counts = ((3, 3), (4, 3), (4, 4))
    answers = [
        {"DaemonSet canal": {"status": {"desiredNumberScheduled": wanted, "numberReady": ready}}}
        for wanted, ready in counts
    ]
    asked = Answers(*answers)
    asked.wait_for_pods("canal", 4)
    assert asked.get("daemonsets") == answers[-1]
