"""What a kubelet does with static Pods that die, for the components of one control plane."""

from __future__ import annotations

import time
from collections.abc import Callable

from canal_aws.sandbox.kubernetes.control_plane import ControlPlane

# A kubelet restarts at once, then waits 10 s, doubling up to 5 min, and forgets after 10 min without a crash
# (kubernetes.io, "Pod Lifecycle", container restart policy).
_FIRST_DELAY_SECONDS = 10.0
_LONGEST_DELAY_SECONDS = 300.0
_FORGET_SECONDS = 600.0


class Restarts:
    """Notes every component that died, and restarts it as a kubelet would, unless `enabled` is False."""

    def __init__(self, control_plane: ControlPlane, enabled: bool, note: Callable[[str], None]) -> None:
        self._control_plane = control_plane
        self._enabled = enabled
        self._note = note
        self._seen: set[int] = set()
        self._delay: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def look(self, now: float | None = None) -> list[str]:
        """Names of the components restarted now. `now` is time.monotonic seconds."""
        now = time.monotonic() if now is None else now
        restarted = []
        for child in self._control_plane.dead():
            if child.pid not in self._seen:
                self._seen.add(child.pid)
                outcome = "it is restarted, as a kubelet would" if self._enabled else "it stays dead (--no-restart)"
                self._note(f"{child.name} (pid {child.pid}) ended with status {child.returncode}: {outcome}")
            if self._enabled and now >= self._due(child.name, now):
                previous = self._delay.get(child.name, 0.0)
                self._delay[child.name] = min(max(_FIRST_DELAY_SECONDS, previous * 2), _LONGEST_DELAY_SECONDS)
                self._last[child.name] = now
                child.restart()
                restarted.append(child.name)
        return restarted

    def _due(self, name: str, now: float) -> float:
        last = self._last.get(name)
        if last is None or now - last > _FORGET_SECONDS:
            self._delay.pop(name, None)
            return now
        return last + self._delay[name]
