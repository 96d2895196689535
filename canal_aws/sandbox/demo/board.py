"""Showing the demo while it runs: a line for each architecture on a terminal, plain lines in a pipe."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from canal_aws.progress import Lines
from canal_aws.sandbox.demo.events import Events

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_REFRESHES_A_SECOND = 4


@dataclass
class _Line:
    """Where an architecture is. `seconds` is that of finished phases."""

    phase: str = "waits"
    events: Events | None = None
    began: float = 0.0
    seconds: float = 0.0
    running: bool = False

    def elapsed(self) -> float:
        return self.seconds + (time.monotonic() - self.began if self.running else 0.0)


class PlainBoard:
    """Begin, a sign of life every 20 s, and end of each phase, a line each."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __enter__(self) -> PlainBoard:
        return self

    def __exit__(self, *_: object) -> None:
        return

    @contextmanager
    def phase(self, architecture: str, name: str, events: Events) -> Iterator[None]:
        with self._lines.step(f"{architecture}: {name}"):
            yield


class LiveBoard:
    """A table that redraws itself: architecture, phase, resources so far, seconds."""

    def __init__(self, architectures: Sequence[str], console: Console) -> None:
        from rich.live import Live
        from rich.spinner import Spinner

        self._rows = {name: _Line() for name in architectures}
        self._lock = threading.Lock()
        # One for the whole run: a new one at each drawing would always show its first picture.
        self._spinner = Spinner("dots")
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=_REFRESHES_A_SECOND, transient=True
        )

    def __enter__(self) -> LiveBoard:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    @contextmanager
    def phase(self, architecture: str, name: str, events: Events) -> Iterator[None]:
        line = self._rows[architecture]
        with self._lock:
            line.phase, line.events, line.began, line.running = name, events, time.monotonic(), True
        outcome = f"{name} failed"
        try:
            yield
            outcome = f"{name} done"
        finally:
            with self._lock:
                line.seconds, line.running, line.phase = line.elapsed(), False, outcome

    def _table(self) -> Table:
        from rich.table import Table

        table = Table(box=None)
        for heading in ("", "architecture", "phase", "resources", "seconds"):
            table.add_column(heading, justify="right" if heading in ("resources", "seconds") else "left")
        with self._lock:
            for name, line in self._rows.items():
                done = str(line.events.finished_resources) if line.events else ""
                mark = self._spinner if line.running else ""
                table.add_row(mark, name, line.phase, done, f"{line.elapsed():.0f}" if line.events else "")
        return table


def board(architectures: Sequence[str], console: Console) -> PlainBoard | LiveBoard:
    """The right one for where `console` writes to."""
    return LiveBoard(architectures, console) if console.is_terminal else PlainBoard(Lines())
