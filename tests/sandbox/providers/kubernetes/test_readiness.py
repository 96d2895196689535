"""What each kind still lacks, and waiting for it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from canal_aws.sandbox.providers.kubernetes.errors import Cancelled
from canal_aws.sandbox.providers.kubernetes.readiness import waiting_for
from canal_aws.sandbox.providers.kubernetes.waiting import DeadlinePassed, wait_until
from tests.sandbox.providers.kubernetes.samples import kind, samples

ITEMS = samples("ready")
DAEMON_SET_DONE = {
    "observedGeneration": 2,
    "desiredNumberScheduled": 3,
    "currentNumberScheduled": 3,
    "updatedNumberScheduled": 3,
    "numberAvailable": 3,
    "numberReady": 3,
}
DEPLOYMENT_DONE = {
    "observedGeneration": 2,
    "replicas": 1,
    "updatedReplicas": 1,
    "availableReplicas": 1,
    "conditions": [{"type": "Available", "status": "True"}],
}


def lacks(name: str, status: dict[str, Any]) -> str | None:
    item = ITEMS[name]
    return waiting_for(kind(item), {**item, "metadata": {**item["metadata"], "generation": 2}, "status": status})


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({}, None),
        ({"observedGeneration": 1}, "the DaemonSet controller has not seen the latest change"),
        ({"currentNumberScheduled": 2}, "2 of 3 pods scheduled"),
        ({"updatedNumberScheduled": 2}, "2 of 3 pods updated"),
        ({"numberAvailable": 0}, "0 of 3 pods available"),
        ({"numberReady": 1}, "1 of 3 pods ready"),
    ],
)
def test_daemon_set(change: dict[str, Any], lacking: str | None) -> None:
    assert lacks("DaemonSet", {**DAEMON_SET_DONE, **change}) == lacking


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({}, None),
        ({"observedGeneration": 1}, "the Deployment controller has not seen the latest change"),
        ({"updatedReplicas": 0}, "0 of 1 replicas updated"),
        ({"replicas": 2}, "1 old replicas are still there"),
        ({"availableReplicas": 0}, "0 of 1 replicas available"),
        ({"conditions": []}, "it is not Available"),
        (
            {
                "availableReplicas": 0,
                "conditions": [{"type": "Progressing", "status": "False", "reason": "Late", "message": "stuck"}],
            },
            "0 of 1 replicas available (Late: stuck)",
        ),
    ],
)
def test_deployment(change: dict[str, Any], lacking: str | None) -> None:
    assert lacks("Deployment", {**DEPLOYMENT_DONE, **change}) == lacking


def test_definition() -> None:
    refused = [{"type": "NamesAccepted", "status": "False", "message": "taken"}]
    assert lacks("CustomResourceDefinition", {}) == "it is not Established"
    assert lacks("CustomResourceDefinition", {"conditions": refused}) == "its names are not accepted: taken"
    established = [{"type": "Established", "status": "True"}]
    assert lacks("CustomResourceDefinition", {"conditions": established}) is None


def test_others_are_ready_as_soon_as_they_exist() -> None:
    assert lacks("ConfigMap", {}) is None


def test_progress_is_reported_once_a_message_and_cleared() -> None:
    states = ["a"] * 8 + ["b"] * 2
    said: list[str] = []
    wait_until(lambda: states.pop(0) if states else None, 30, threading.Event(), said.append)
    assert said == ["a", "b", ""]


def test_deadline_says_what_is_lacking() -> None:
    with pytest.raises(DeadlinePassed, match="still missing"):
        wait_until(lambda: "still missing", 0.2, threading.Event(), lambda text: None)


def test_cancellation_ends_the_wait() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled, match="missing"):
        wait_until(lambda: "missing", 30, cancelled, lambda text: None)
