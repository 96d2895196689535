"""Who holds a stack's lock, and whether they still run.

A state in a folder or bucket of one's own (pulumi's "DIY" backends) is locked by files
`.pulumi/locks/<organization>/<project>/<stack>/<id>.json` that hold pid, username, hostname and timestamp
(pulumi, pkg/backend/diy/lock.go). In a folder they can be read; of a bucket, and of Pulumi Cloud, only what the engine says is known.
"""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from canal_aws.stack import file_backend

#: The engine's text of a lock, in pkg/backend/diy/lock.go.
_CREATED_BY = re.compile(r"created by (?P<user>.+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
#: A process that began this much after the lock was made is a later owner of the pid (clocks may be set meanwhile).
_SLACK_SECONDS = 2.0


@dataclass(frozen=True)
class Holder:
    """The command that made a lock."""

    pid: int
    user: str
    host: str
    since: str

    @property
    def here(self) -> bool:
        """Whether it ran on this host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether it still runs; only to be asked of this host's."""
        import psutil

        try:
            process = psutil.Process(self.pid)
            began = process.create_time()
            return bool(process.status() != psutil.STATUS_ZOMBIE and began <= self._made() + _SLACK_SECONDS)
        except psutil.Error:
            return False

    def _made(self) -> float:
        # Go writes nanoseconds, of which Python reads six digits.
        text = re.sub(r"(\.\d{6})\d+", r"\1", self.since).replace("Z", "+00:00")
        try:
            return datetime.fromisoformat(text).timestamp()
        except ValueError:
            return float("inf")

    def __str__(self) -> str:
        return f"pid {self.pid} of {self.user} on {self.host}, since {self.since}"


def in_files(backend: str, stack: str) -> list[Holder]:
    """The holders of the stack's locks in a file:// backend; `stack` is organization/project/stack."""
    root = file_backend.root(backend)
    if root is None:
        return []
    return [holder for file in sorted((root / "locks" / stack).glob("*.json")) if (holder := _read(file))]


def in_text(text: str) -> list[Holder]:
    """The holders that the engine's message names; none of Pulumi Cloud's."""
    return [
        Holder(int(match["pid"]), match["user"], match["host"], match["since"]) for match in _CREATED_BY.finditer(text)
    ]


def _read(file: Path) -> Holder | None:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Holder(int(found["pid"]), str(found["username"]), str(found["hostname"]), str(found["timestamp"]))
    except FileNotFoundError:
        return None  # it was released meanwhile
    except (OSError, ValueError, KeyError, TypeError):
        return Holder(0, "somebody", f"unknown host ({file.name} cannot be read)", "an unknown time")
