"""Messages between a VPC and its owner: one JSON object a line, over a pipe each way.

A request is {"id", "call", "arguments"}, its answer {"id", "result"} or {"id", "error"}; what has no id is an event.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import IO, Any

Message = dict[str, Any]


class Channel:
    """Both pipes of one side. `send` may be called from any thread, `messages` is for one."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader = reader
        self._writer = writer
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        """Raises OSError where the other side has ended."""
        line = json.dumps(message).encode() + b"\n"
        with self._lock:
            self._writer.write(line)
            self._writer.flush()

    def messages(self) -> Iterator[Message]:
        """Until the other side ends."""
        for line in self._reader:
            yield json.loads(line)
