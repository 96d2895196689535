"""The event loop that serves the VPC's network, on a thread of its own; other threads hand it work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


class Loop:
    """Runs until the process ends."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="network", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """The result of `work`, which runs on the loop; for other threads."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def call(self, function: Any, *arguments: Any) -> None:
        """Calls a plain function on the loop, some time soon."""
        self._loop.call_soon_threadsafe(function, *arguments)
