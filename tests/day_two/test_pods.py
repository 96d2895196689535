"""Which pods a drain takes: kubectl drain's rules."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.day_two.pods import Allowed, obstacles, stays


def pod(
    owner: str = "ReplicaSet", phase: str = "Running", volume: str = "configMap", **metadata: Any
) -> dict[str, Any]:
    owners = [{"kind": owner, "controller": True}] if owner else []
    return {
        "metadata": {"name": "p", "namespace": "shop", "ownerReferences": owners, **metadata},
        "spec": {"volumes": [{"name": "v", volume: {}}]},
        "status": {"phase": phase},
    }


MIRROR = pod("Node", annotations={"kubernetes.io/config.mirror": "x"})


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (pod(), False),
        (pod("DaemonSet"), True),
        (MIRROR, True),
        (pod("DaemonSet", "Succeeded"), False),
        (pod(""), False),
    ],
)
def test_mirror_pods_and_those_of_daemon_sets_stay(found: dict[str, Any], left: bool) -> None:
    assert stays(found) is left


def test_what_nothing_makes_anew_and_local_data_need_the_users_word() -> None:
    bare, local = pod(""), pod(volume="emptyDir")
    (first, second) = obstacles([pod(), bare, local], Allowed())
    assert "shop/p" in first
    assert "--force" in first
    assert "--delete-emptydir-data" in second
    assert obstacles([bare, local], Allowed(force=True, delete_emptydir_data=True)) == []


@pytest.mark.parametrize(
    "found",
    [
        pod("", "Failed"),
        pod("", "Succeeded", "emptyDir"),
        pod("", deletionTimestamp="2026-01-01T00:00:00Z"),
        MIRROR,
        pod("DaemonSet", volume="emptyDir"),
    ],
)
def test_what_has_ended_or_stays_is_no_obstacle(found: dict[str, Any]) -> None:
    assert obstacles([found], Allowed()) == []
