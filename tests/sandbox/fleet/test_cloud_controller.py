"""Nodes of clusters with AWS's cloud controller manager, whose pods only seem to run."""

from __future__ import annotations

from typing import Any, cast

from canal_aws.sandbox.fleet.admin import Admin
from canal_aws.sandbox.fleet.cloud_controller import TAINT, CloudController

CONTROL_PLANE = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
UNINITIALIZED = {"key": TAINT, "value": "true", "effect": "NoSchedule"}


class MemoryAdmin:
    """One DaemonSet, or none, and Nodes with their taints."""

    def __init__(self, ready: int | None, **taints: list[dict[str, Any]]) -> None:
        self.ready = ready
        self.taints = taints

    def find(self, path: str) -> dict[str, Any] | None:
        if path.endswith("/nodes"):
            items = [{"metadata": {"name": name}, "spec": {"taints": taints}} for name, taints in self.taints.items()]
            return {"items": items}
        return None if self.ready is None else {"status": {"numberReady": self.ready}}

    def patch(self, path: str, body: dict[str, Any]) -> None:
        self.taints[path.rpartition("/")[2]] = body["spec"]["taints"]


def looked(admin: MemoryAdmin) -> list[str]:
    return CloudController(cast(Admin, cast(Any, admin))).look()


def test_a_running_controller_takes_its_taint_and_no_other() -> None:
    admin = MemoryAdmin(1, a=[CONTROL_PLANE, UNINITIALIZED], b=[UNINITIALIZED], c=[CONTROL_PLANE])
    assert looked(admin) == ["a", "b"]
    assert admin.taints == {"a": [CONTROL_PLANE], "b": [], "c": [CONTROL_PLANE]}


def test_without_the_controller_the_taint_stays() -> None:
    for ready in (None, 0):
        admin = MemoryAdmin(ready, a=[UNINITIALIZED])
        assert looked(admin) == []
        assert admin.taints == {"a": [UNINITIALIZED]}
