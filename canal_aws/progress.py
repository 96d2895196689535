"""What is happening while the user waits: one small protocol, and the two ways to show it.

Anything that may take longer than two seconds takes a `Progress` and wraps its parts in steps:

    with progress.step("starting the API server"):
        ...

A terminal gets a spinner and the seconds so far; a pipe, a log or a CI job gets plain lines
(begin, a sign of life each 20 s, end), since a spinner there would be noise.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

SIGN_OF_LIFE_SECONDS = 20.0


class Progress(Protocol):
    """Whoever can show that a step has begun, is still running and has ended."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """Show `text` until the block ends; steps may nest, and may run in several threads at once."""


class Silent:
    """Shows nothing: for libraries and tests."""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        yield


class Lines:
    """Plain lines: a begin, a sign of life every `interval` seconds, an end with the seconds it took."""

    def __init__(self, stream: TextIO | None = None, interval: float = SIGN_OF_LIFE_SECONDS) -> None:
        self._stream = stream or sys.stderr
        self._interval = interval
        self._lock = threading.Lock()

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        began = time.monotonic()
        over = threading.Event()
        self._say(f"{text} ...")
        beat = threading.Thread(target=self._beat, args=(text, began, over), daemon=True)
        beat.start()
        outcome = "failed"
        try:
            yield
            outcome = "done"
        finally:
            over.set()
            beat.join()
            self._say(f"{text}: {outcome} in {time.monotonic() - began:.1f} s")

    def _beat(self, text: str, began: float, over: threading.Event) -> None:
        while not over.wait(self._interval):
            self._say(f"{text}: still running after {time.monotonic() - began:.0f} s")

    def _say(self, line: str) -> None:
        with self._lock:
            print(line, file=self._stream, flush=True)


class Spinner:
    """On a terminal: a spinner and the seconds for each running step, and a lasting line when it ends."""

    def __init__(self, console: Console | None = None) -> None:
        from rich.console import Console as RichConsole  # rich costs 50 ms, and --help shows no progress

        self._console = console or RichConsole(stderr=True)
        self._lock = threading.Lock()
        self._open: list[TaskID] = []
        self._bar: Bar | None = None

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        from rich.markup import escape

        with self._lock:
            bar = self._bar = self._bar or self._started()
            task = bar.add_task(text, total=None)
            self._open.append(task)
        began = time.monotonic()
        mark = "[red]failed[/red]"
        try:
            yield
            mark = "[green]done[/green]"
        finally:
            with self._lock:
                bar.remove_task(task)
                self._open.remove(task)
                if not self._open:
                    bar.stop()
                    self._bar = None
            self._console.print(f"{mark} {escape(text)} ({time.monotonic() - began:.1f} s)", highlight=False)

    def _started(self) -> Bar:
        from rich.progress import Progress as Bar
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        text = TextColumn("{task.description}", markup=False)
        bar = Bar(SpinnerColumn(), text, TimeElapsedColumn(), console=self._console, transient=True)
        bar.start()
        return bar


def for_stream(stream: TextIO | None = None) -> Progress:
    """The right way to show progress on `stream` (default: standard error): `Spinner` on a terminal, else `Lines`."""
    stream = stream or sys.stderr
    if not stream.isatty():
        return Lines(stream)
    from rich.console import Console

    return Spinner(Console(file=stream))
