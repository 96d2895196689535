"""How many calls are in flight at once, and the time that the embedded AWS itself spends on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Traffic:
    """`seconds` is processor time: it holds no waiting, neither for turns nor for a delay that a test asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self._most = 0
        self._seconds = 0.0

    @contextmanager
    def request(self) -> Iterator[None]:
        """One call, from its first byte read to its answer."""
        began = time.thread_time()
        with self._lock:
            self._in_flight += 1
            self._most = max(self._most, self._in_flight)
        try:
            yield
        finally:
            spent = time.thread_time() - began
            with self._lock:
                self._in_flight -= 1
                self._seconds += spent

    def snapshot(self) -> dict[str, float]:
        """The most calls that were in flight at once, and the seconds spent, since the last reset."""
        with self._lock:
            return {"mostInFlight": self._most, "ownSeconds": self._seconds}

    def reset(self) -> None:
        """Start again at zero."""
        with self._lock:
            self._most, self._seconds = self._in_flight, 0.0
