"""A machine's namespaces and the processes in them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from canal_aws.sandbox.machines.inside.root import PATH, STAND_INS, Root

_GRACE_SECONDS = 0.02


class Body:
    """Network, mount and UTS namespace of one machine, kept by a process that sleeps in them.

    `environment` is what every process of the machine gets besides PATH and LANG: systemd's DefaultEnvironment.
    """

    def __init__(self, root: Root, tools: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._tools = tools
        self._environment = {"PATH": PATH, "LANG": "C.UTF-8", **environment}
        self._holder: subprocess.Popen[bytes] | None = None
        self._children: list[subprocess.Popen[bytes]] = []
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """Of the process that holds the namespaces."""
        if self._holder is None:
            raise OSError("the machine is off")
        return self._holder.pid

    def up(self, hostname: str, connect: Callable[[int], None]) -> None:
        """Makes the namespaces and lets `connect` lay the cable; returns when the machine's root is entered.

        Raises OSError with what failed.
        """
        enter = ["bash", str(STAND_INS / "enter"), str(self._root.folder), str(self._tools)]
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", *enter],
            env={"PATH": PATH},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert self._holder.stdout
        said = self._holder.stdout.readline()
        if said != b"\n":
            said += self._holder.stdout.read()
            raise OSError(f"a machine's root could not be entered: {said.decode(errors='replace').strip()}")
        connect(self.pid)
        subprocess.run(self._inside("hostname", hostname), env=self._environment, check=True)

    def spawn(
        self, argv: Sequence[str], environment: Mapping[str, str] | None = None, *, bare: bool = False, **pipes: Any
    ) -> subprocess.Popen[bytes]:
        """A process in the machine, in a session of its own; `pipes` as Popen takes them, nothing by default.

        `bare` keeps the machine's own environment out: a container's holds nothing of its host's.
        """
        given = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **pipes}
        own = {"PATH": PATH} if bare else self._environment
        with self._lock:
            made = subprocess.Popen(
                self._inside(*argv), env={**own, **(environment or {})}, start_new_session=True, **given
            )
            self._children = [child for child in self._children if child.poll() is None] + [made]
        return made

    def run(
        self, argv: Sequence[str], environment: Mapping[str, str], input: bytes, seconds: float
    ) -> tuple[int, bytes, bytes]:
        """Exit status, stdout and stderr of a command; after `seconds` it is killed (subprocess.TimeoutExpired)."""
        process = self.spawn(argv, environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(input, seconds)
        except subprocess.TimeoutExpired:
            end_group(process, signal.SIGKILL)
            process.communicate()
            raise
        return process.returncode, out, err

    def down(self) -> None:
        """Kills every process of the machine at once, as a machine's power switch does. `spawn` raises from then on."""
        with self._lock:
            holder, self._holder = self._holder, None
        if holder is None:
            return
        # A process that is only just entering is in no namespace of the machine's yet, but one of these.
        for child in self._children:
            end_group(child, signal.SIGKILL)
        mine = _network(holder.pid)
        while found := [pid for pid in _pids() if pid != holder.pid and _network(pid) == mine]:
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(_GRACE_SECONDS)
        holder.kill()
        holder.wait()
        if holder.stdout:
            holder.stdout.close()

    def _inside(self, *argv: str) -> list[str]:
        return ["nsenter", "--target", str(self.pid), "--net", "--mount", "--uts", "--root", "--wd", "--", *argv]


def end_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Sends a signal to a process that `Body.spawn` made, and to all that it started in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _pids() -> list[int]:
    return [int(name) for name in (path.name for path in Path("/proc").iterdir()) if name.isdigit()]


def _network(pid: int) -> str:
    """The identity of a process's network namespace; "" for one that has ended (a zombie has none either)."""
    try:
        return str(Path(f"/proc/{pid}/ns/net").readlink())
    except OSError:
        return ""
