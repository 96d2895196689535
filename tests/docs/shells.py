"""Where a guide's scripts run: a plain folder, the same with a real API server, or a machine made of namespaces."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STRICT = ("bash", "--noprofile", "--norc", "-euo", "pipefail")
SECONDS = 60
# A reader's terminal keeps what one block exported for the next.
_KEEP = "trap 'export -p >{state}' EXIT\n[ ! -e {state} ] || . {state}\n"


@dataclass(frozen=True)
class Ran:
    """The end of a script: `output` is what a terminal would show."""

    status: int
    output: str


class Shell(Protocol):
    """Runs the scripts of one guide, one after the other."""

    def run(self, script: str) -> Ran: ...


class FolderShell:
    """bash in `home`, with this project's command line on PATH, and nothing of the caller's cloud or cluster."""

    def __init__(self, home: Path, path: tuple[Path, ...] = (), environment: Mapping[str, str] | None = None) -> None:
        self._home = home
        self._state = home.parent / "exported"
        folders = [*path, Path(sys.executable).parent, *os.environ.get("PATH", os.defpath).split(os.pathsep)]
        self._environment = {
            "PATH": os.pathsep.join(map(str, folders)),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            **(environment or {}),
        }

    def run(self, script: str) -> Ran:
        done = subprocess.run(
            [*STRICT, "-c", _KEEP.format(state=self._state) + script],
            cwd=self._home,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )
        return Ran(done.returncode, done.stdout)
