"""A service of a machine: its processes in order, its restarts, and the state that systemd would show."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from canal_aws.sandbox.machines.inside.body import Body, end_group
from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.inside.units import Unit, UnitRefused, command

STOP_SECONDS = 5.0
"""Before SIGKILL. systemd's own is 90 s (DefaultTimeoutStopSec=); nothing here has so much to finish."""

_DEFAULT_RESTART_SECONDS = 0.1  # systemd.service(5), RestartSec=


class Startable(Protocol):
    """What `systemctl` may start and stop. `active` is systemd's ActiveState."""

    active: str

    def start(self) -> threading.Event:
        """Begins it where it does not run; the event is set when systemd's start job would be done."""

    def stop(self) -> None:
        """Ends it, and returns when it has ended."""


class Present:
    """A unit that the machine has and that is not run here: the container runtime and the like."""

    def __init__(self) -> None:
        self.active = "active"

    def start(self) -> threading.Event:
        done = threading.Event()
        done.set()
        return done

    def stop(self) -> None:
        """Nothing to stop."""


class Service:
    """A service unit. `out` takes its output line by line, `changed` is told of each new state."""

    def __init__(
        self, unit: Unit, body: Body, root: Root, out: Callable[[str], None], changed: Callable[[str], None]
    ) -> None:
        self.unit = unit
        self.active = "inactive"
        self._body = body
        self._root = root
        self._out = out
        self._changed = changed
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._done = threading.Event()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._oneshot = unit.one("Service", "Type", "simple") == "oneshot"

    def start(self) -> threading.Event:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return self._done
            self._done = threading.Event()
            self._stopping = threading.Event()
            if not self._conditions_hold():
                self._done.set()
                return self._done
            self._to("activating")
            self._thread = threading.Thread(target=self._run, name=self.unit.name, daemon=True)
            self._thread.start()
            return self._done

    def stop(self) -> None:
        thread = self._thread
        self._stopping.set()
        if self._process is not None:
            end_group(self._process, signal.SIGTERM)
        if thread is not None:
            thread.join(STOP_SECONDS)
            if self._process is not None:
                end_group(self._process, signal.SIGKILL)
            thread.join()
        self._to("inactive")

    def _run(self) -> None:
        try:
            while True:
                succeeded = self._once()
                if self._stopping.is_set():
                    return
                if not self._restarts(succeeded):
                    self._to(self._final(succeeded))
                    return
                pause = self.unit.seconds("Service", "RestartSec", _DEFAULT_RESTART_SECONDS)
                self._out(f"{self.unit.name}: Scheduled restart job in {pause:g} s.")
                self._to("activating")
                self._done.set()
                if self._stopping.wait(pause):
                    return
        except (OSError, UnitRefused) as error:
            self._out(f"{self.unit.name}: {error}")
            self._to("failed")
        finally:
            self._done.set()

    def _once(self) -> bool:
        """One start: every command in order. Whether all that count have succeeded."""
        for key in ("ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost"):
            for line in self.unit.all("Service", key):
                counts, argv = command(line, f"{self.unit.name}: {key}", self._variables())
                status = self._execute(argv, key == "ExecStart")
                if status != 0 and counts:
                    self._out(f"{self.unit.name}: {key} {argv[0]} ended with status {status}.")
                    return False
                if self._stopping.is_set():
                    return False
        return True

    def _execute(self, argv: list[str], main: bool) -> int:
        self._process = process = self._body.spawn(argv, self._variables(), stdout=subprocess.PIPE)
        if main and not self._oneshot:
            self._to("active")
            self._done.set()
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                self._out(line.decode(errors="replace").rstrip("\n"))
        self._process = None
        return process.wait()

    def _variables(self) -> dict[str, str]:
        """Environment= and EnvironmentFile= in systemd's order: files win."""
        found = dict(_assignments(self.unit.words("Service", "Environment")))
        for name in self.unit.all("Service", "EnvironmentFile"):
            file = self._root.path(name.removeprefix("-"))
            if file.exists():
                found |= dict(_assignments(file.read_text().splitlines()))
            elif not name.startswith("-"):
                raise UnitRefused(f"{self.unit.name}: EnvironmentFile={name} is not there")
        return found

    def _conditions_hold(self) -> bool:
        for value in self.unit.all("Unit", "ConditionPathExists"):
            wanted = not value.startswith("!")
            if self._root.path(value.lstrip("!|")).exists() is not wanted:
                self._out(f"{self.unit.name}: skipped, ConditionPathExists={value} was not met.")
                return False
        return True

    def _restarts(self, succeeded: bool) -> bool:
        policy = self.unit.one("Service", "Restart", "no")
        return policy == "always" or (policy == "on-success" if succeeded else policy.startswith("on-fail"))

    def _final(self, succeeded: bool) -> str:
        if not succeeded:
            return "failed"
        return "active" if self.unit.one("Service", "RemainAfterExit") in ("yes", "true", "on", "1") else "inactive"

    def _to(self, active: str) -> None:
        self.active = active
        self._changed(active)


def _assignments(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, equals, value = line.strip().strip('"').partition("=")
        if equals and not key.startswith("#"):
            yield key.strip(), value.strip().strip("\"'")
