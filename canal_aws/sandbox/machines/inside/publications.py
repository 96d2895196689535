"""Who waits for which SSM parameter, so that a script's pause can end when it is written: see stand_ins/sleep."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import Callable

_ACTION = re.compile(rb"X-Amz-Target: *AmazonSSM\.(GetParameter|PutParameter)\b", re.IGNORECASE)
_NAME = re.compile(rb'"Name": *"([^"]+)"')
# The answer comes a moment after the request; what the parameter names may be ready seconds later: a bootstrap token
# works when the controller manager, which has just started, has signed the cluster's description with it.
_PAUSES = (0.3, 2.5, 5.0)


class Publications:
    """Looks at what passes to SSM. `wake(address)` is called for every machine that has read what was now written."""

    def __init__(self, wake: Callable[[str], None]) -> None:
        self._wake = wake
        self._readers: defaultdict[bytes, set[str]] = defaultdict(set)
        self._planned: dict[bytes, list[asyncio.TimerHandle]] = {}

    def watch(self, source: str) -> Callable[[bytes], None]:
        """What to show each chunk that a machine at `source` sends on one connection."""
        sent = bytearray()

        def look(chunk: bytes) -> None:
            sent.extend(chunk)
            action, name = _ACTION.search(sent), _NAME.search(sent)
            if action and name:
                self._seen(source, action[1], name[1])
                sent.clear()

        return look

    def _seen(self, source: str, action: bytes, name: bytes) -> None:
        if action == b"GetParameter":
            self._readers[name].add(source)
            return
        for planned in self._planned.get(name, ()):
            planned.cancel()
        loop = asyncio.get_running_loop()
        self._planned[name] = [loop.call_later(pause, self._written, name) for pause in _PAUSES]

    def _written(self, name: bytes) -> None:
        for source in list(self._readers[name]):
            self._wake(source)
