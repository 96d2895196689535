"""Child processes that never outlive their parent, ended by pid and in an order that the caller gives."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from canal_aws.sandbox.fleet.errors import ProcessFailed

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOG_TAIL_BYTES = 2000


class Child:
    """One running component: its argument vector is kept, so that it can be started again as it was.

    The kernel ends it with SIGKILL when the *thread* that started it is gone (PR_SET_PDEATHSIG, prctl(2)): start it
    from a thread that lives as long as the component should.
    """

    def __init__(self, name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.argv = list(argv)
        self.log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process = self._spawn()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; a negative number is the signal that ended it."""
        return self._process.poll()

    def restart(self) -> None:
        """Start it once more with the same arguments, as a kubelet does with a static pod."""
        self._process = self._spawn()

    def raise_if_gone(self) -> None:
        """Raises ProcessFailed with the log's end if the process has ended."""
        if self.returncode is not None:
            raise ProcessFailed(
                f"{self.name} ended with status {self.returncode}. The end of {self.log}:\n{self.log_tail()}"
            )

    def log_tail(self) -> str:
        """The last lines that it wrote, for an error message."""
        try:
            written = self.log.read_bytes()
        except OSError:
            return "(nothing was written)"
        return written[-_LOG_TAIL_BYTES:].decode(errors="replace").strip() or "(nothing was written)"

    def _spawn(self) -> subprocess.Popen[bytes]:
        # PyDLL keeps the interpreter lock during the call: between fork and exec nothing may wait for a thread.
        libc = ctypes.PyDLL(None)
        parent = os.getpid()

        def die_with_parent() -> None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the parent ended before the call took effect
                os._exit(1)

        try:
            with self.log.open("ab") as output:
                # A session of its own: Ctrl-C in a terminal reaches the parent only, which ends them in order.
                return subprocess.Popen(
                    self.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
        except OSError as error:
            raise ProcessFailed(f"{self.name} cannot be started from {self.argv[0]}: {error}") from error

    def terminate(self) -> None:
        """Ask it to end; `stop` waits."""
        if self.returncode is None:
            self._process.send_signal(signal.SIGTERM)

    def wait_or_kill(self, deadline: float) -> None:
        """Wait until `deadline` (time.monotonic seconds), then SIGKILL; it is reaped when this returns."""
        try:
            self._process.wait(timeout=max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def stop(groups: Sequence[Sequence[Child]], grace: float = 2.0) -> None:
    """End the children group after group; within a group at once. `grace` seconds a group, then SIGKILL."""
    for group in groups:
        for child in group:
            child.terminate()
        deadline = time.monotonic() + grace
        for child in group:
            child.wait_or_kill(deadline)
