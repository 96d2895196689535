"""Dead components are restarted as a kubelet restarts static Pods."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from canal_aws.sandbox.kubernetes.control_plane import ControlPlane
from canal_aws.sandbox.kubernetes.restarts import Restarts


@dataclass
class DyingChild:
    """Dies again as soon as it was started."""

    name: str = "kube-apiserver"
    pid: int = 1
    returncode: int = -9

    def restart(self) -> None:
        self.pid += 1


@dataclass
class OneChild:
    child: DyingChild = field(default_factory=DyingChild)

    def dead(self) -> list[DyingChild]:
        return [self.child]


def restarts(enabled: bool = True) -> tuple[Restarts, list[str]]:
    notes: list[str] = []
    return Restarts(cast(ControlPlane, cast(Any, OneChild())), enabled, notes.append), notes


def test_first_restart_is_at_once_and_later_ones_wait_twice_as_long() -> None:
    subject, _ = restarts()
    times = [now for now in range(0, 200) if subject.look(float(now))]
    assert times == [0, 10, 30, 70, 150]


def test_a_long_quiet_time_is_forgiven() -> None:
    subject, _ = restarts()
    assert subject.look(0.0)
    assert subject.look(10.0)
    assert subject.look(700.0)
    assert subject.look(709.0) == []
    assert subject.look(710.0)


def test_each_death_is_noted_once() -> None:
    subject, notes = restarts(enabled=False)
    for now in range(3):
        assert subject.look(float(now)) == []
    assert notes == ["kube-apiserver (pid 1) ended with status -9: it stays dead (--no-restart)"]
