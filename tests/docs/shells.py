"""Where a guide's scripts run: a plain folder, the same with a real API server, or a machine made of namespaces."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

STRICT = ("bash", "--noprofile", "--norc", "-euo", "pipefail")
SECONDS = 180  # a script takes seconds; the rest is for a machine that is busy
# A reader's terminal keeps for the next block what one exported, and where it went.
_KEEP = """trap 'export -p >"{state}"; printf "cd %q\\n" "$PWD" >>"{state}"' EXIT
[ ! -e "{state}" ] || . "{state}"
"""


@dataclass(frozen=True)
class Ran:
    """The end of a script: `output` is what a terminal would show."""

    status: int
    output: str


def as_in_a_terminal(script: str, state: str) -> str:
    """The script, begun where the one before ended; `state` is a file for that, as the script sees its path."""
    return _KEEP.format(state=state) + script


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
        with subprocess.Popen(
            [*STRICT, "-c", as_in_a_terminal(script, str(self._state))],
            cwd=self._home,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                # What the script started holds the pipe open, and would outlive it.
                os.killpg(process.pid, signal.SIGKILL)
                output, _ = process.communicate()
                raise AssertionError(f"no end within {SECONDS} s:\n{script}---\n{output}") from None
        return Ran(process.returncode, output)
