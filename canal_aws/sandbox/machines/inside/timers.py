"""A timer of a machine: when its unit is started next."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from canal_aws.sandbox.machines.inside.units import Unit, calendar


class Timer:
    """A timer unit. `trigger` starts the unit that it names. Time is the host's, from the machine's boot on."""

    def __init__(
        self, unit: Unit, booted: float, trigger: Callable[[str], None], changed: Callable[[str], None]
    ) -> None:
        self.unit = unit
        self.active = "inactive"
        self._booted = booted
        self._trigger = trigger
        self._changed = changed
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._activated = 0.0
        self._turn: float | None = None  # when the unit was last started

    @property
    def target(self) -> str:
        """The unit that is started: Unit=, else the service of the same name."""
        return self.unit.one("Timer", "Unit") or f"{self.unit.name.removesuffix('.timer')}.service"

    def start(self) -> threading.Event:
        done = threading.Event()
        done.set()
        if self.active != "active":
            self._activated = time.monotonic()
            self._turn = None
            self._stopping = threading.Event()
            self._to("active")
            self._thread = threading.Thread(target=self._run, name=self.unit.name, daemon=True)
            self._thread.start()
        return done

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._to("inactive")

    def next_turn(self, now: float) -> float | None:
        """The earliest moment, not before `now`, at which any of its lines elapses; None where none does any more.

        A moment that has passed elapses at once if the timer never did (systemd.timer(5), OnBootSec=).
        """
        moments: list[float] = []
        for key, base in (
            ("OnActiveSec", self._activated),
            ("OnBootSec", self._booted),
            ("OnStartupSec", self._booted),
        ):
            if self._turn is None:
                moments += [base + self.unit.seconds("Timer", key, 0)] if self.unit.all("Timer", key) else []
        if self._turn is not None:
            for key in ("OnUnitActiveSec", "OnUnitInactiveSec"):
                moments += [self._turn + self.unit.seconds("Timer", key, 0)] if self.unit.all("Timer", key) else []
        for value in self.unit.all("Timer", "OnCalendar"):
            every = calendar(value, f"{self.unit.name}: OnCalendar")
            moments.append((self._turn or self._activated) + every)
        return max(now, min(moments)) if moments else None

    def _run(self) -> None:
        while (moment := self.next_turn(time.monotonic())) is not None:
            if self._stopping.wait(moment - time.monotonic()):
                return
            self._turn = time.monotonic()
            self._trigger(self.target)

    def _to(self, active: str) -> None:
        self.active = active
        self._changed(active)
