"""The sandbox as a whole: start, stop, look at, forget, and point Pulumi at it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import psutil

from canal_aws.progress import Progress, Silent
from canal_aws.sandbox import environment, launch, processes
from canal_aws.sandbox.control import Control
from canal_aws.sandbox.errors import SandboxStateError, UpdateRunning
from canal_aws.sandbox.state import ProcessRecord, Record, StateFolder, default_folder

#: The fleet ends its control planes first, and etcd takes a moment to close its files.
_STOP_SECONDS = 15.0
_LOCK_SECONDS = 60.0


@dataclass(frozen=True)
class ProcessStatus:
    """A process as `status` shows it; `memory_bytes` counts its descendants too."""

    name: str
    pid: int
    running: bool
    memory_bytes: int


@dataclass(frozen=True)
class Status:
    """What `canal-aws sandbox status` says. `clusters` is the fleet's own description (fleet.json)."""

    running: bool
    folder: Path
    endpoint: str | None
    processes: tuple[ProcessStatus, ...]
    clusters: tuple[dict[str, Any], ...]
    aws_calls: dict[str, int]
    memory_bytes: int
    stacks: tuple[str, ...]


class Sandbox:
    """One sandbox in one state folder (default: `default_folder()`). Everything listens on 127.0.0.1 only.

    Failures are `SandboxStateError`, `SandboxProcessError`, `UpdateRunning`, and what the toolchain raises.
    """

    def __init__(self, folder: Path | None = None, parts: launch.Parts | None = None) -> None:
        self.folder = StateFolder(folder or default_folder())
        self._parts = parts or launch.Parts()

    def record(self) -> Record | None:
        """The record of the running sandbox; None where not all of its processes run."""
        record = self.folder.load()
        if record is None or not record.aws_port or len(record.processes) < 2:
            return None
        return record if all(map(processes.alive, record.processes)) else None

    def require_running(self) -> Record:
        """The record of the running sandbox, or SandboxStateError with the command that starts one."""
        record = self.record()
        if record is None:
            why = "one of its processes has ended" if self.folder.load() else "none was started"
            raise SandboxStateError(
                f"no sandbox is running in {self.folder.root} ({why}): run `canal-aws sandbox start`"
            )
        return record

    def control(self) -> Control:
        """The control URLs of the running sandbox."""
        return Control(self.require_running().endpoint)

    def members(self) -> list[psutil.Process]:
        """Every process of the sandbox, descendants included, and those that only fleet.json still knows."""
        strays = processes.naming(_pids(self._fleet_description()), self.folder.root)
        return processes.family([*self._recorded(), *strays])

    def memory_bytes(self) -> int:
        """Resident memory of all its processes: an upper bound, since shared pages count in each."""
        return processes.resident_bytes(self.members())

    def status(self) -> Status:
        """A picture of the sandbox, running or not."""
        record, running = self.folder.load(), self.record()
        return Status(
            running=running is not None,
            folder=self.folder.root,
            endpoint=running.endpoint if running else None,
            processes=tuple(_process_status(entry) for entry in (record.processes if record else ())),
            clusters=tuple(self._fleet_description().get("clusters", ())) if running else (),
            aws_calls=Control(running.endpoint).calls() if running else {},
            memory_bytes=self.memory_bytes(),
            stacks=self.folder.stacks(),
        )

    def start(self, progress: Progress | None = None, aws_port: int = 0) -> Record:
        """Start everything and wait until it answers. `aws_port` 0 takes any free port.

        SandboxStateError where it runs already; what a sandbox that died left behind is cleaned up first.
        """
        progress = progress or Silent()
        # Building the toolchain may take minutes, and has a lock of its own: not under ours.
        self._refuse_second()
        self._parts.ensure(progress)
        with self._locked():
            self._refuse_second()
            self._end()
            self.folder.prepare()
            self._parts.install(self.folder)
            try:
                return launch.start(self.folder, self._parts, progress, aws_port)
            except BaseException:
                self._end()
                raise

    def stop(self, force: bool = False) -> bool:
        """End everything that runs; False where nothing did. The state folder, logs and stacks stay.

        UpdateRunning while Pulumi updates a stack against it, unless `force`.
        """
        with self._locked():
            return self._stop(force)

    def reset(self, force: bool = False) -> bool:
        """`stop`, and remove the state folder; False where there was nothing at all."""
        with self._locked():
            stopped = self._stop(force)
            existed = self.folder.exists()
            self.folder.remove()
        return stopped or existed

    def env(self, inside_vpc: bool = False) -> dict[str, str]:
        """What to set so that `pulumi` runs against the sandbox (`environment.unset` says what must go).

        `inside_vpc`: as if from within the VPCs, as over a VPN, so that private APIs are reached.
        SandboxProcessError unless STS at the endpoint answers with the sandbox's own account.
        """
        record = self.require_running()
        Control(record.endpoint).require_own_account()
        proxy = str(self._fleet_description().get("proxy", "")) if inside_vpc else ""
        return environment.variables(self.folder, record.endpoint, self._parts.bin_dir(), os.environ, proxy)

    def _refuse_second(self) -> None:
        running = self.record()
        if running is not None:
            pids = ", ".join(f"{entry.name} pid {entry.pid}" for entry in running.processes)
            raise SandboxStateError(
                f"a sandbox is running already: {pids}, on {running.endpoint}, state in {self.folder.root}. "
                'Use it with eval "$(canal-aws sandbox env)", or end it with `canal-aws sandbox stop`'
            )

    def _stop(self, force: bool) -> bool:
        updates = [(stack, pid) for stack, pid in self.folder.update_locks() if psutil.pid_exists(pid)]
        if updates and not force:
            listed = ", ".join(f"{stack} (pid {pid})" for stack, pid in updates)
            raise UpdateRunning(
                f"Pulumi is updating {listed} in this sandbox: wait for it or end it, or insist with --force"
            )
        return self._end()

    def _end(self) -> bool:
        members = self.members()
        # The fleet first and alone: it ends its control planes while the embedded AWS still answers.
        fleet = self._recorded(launch.FLEET)
        processes.end(fleet, _STOP_SECONDS)
        processes.end([member for member in members if member not in fleet], _STOP_SECONDS)
        for described in (self.folder.aws / "aws.json", self.folder.kubernetes / "fleet.json"):
            described.unlink(missing_ok=True)
        self.folder.forget()
        return bool(members)

    def _recorded(self, name: str | None = None) -> list[psutil.Process]:
        record = self.folder.load()
        entries = [entry for entry in (record.processes if record else ()) if name in (None, entry.name)]
        return [found for entry in entries if (found := processes.find(entry))]

    def _fleet_description(self) -> dict[str, Any]:
        return launch.read(self.folder.kubernetes / "fleet.json")

    def _locked(self) -> filelock.BaseFileLock:
        try:
            self.folder.lock_file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SandboxStateError(f"{self.folder.lock_file.parent}: {error.strerror}") from error
        return _Lock(str(self.folder.lock_file), timeout=_LOCK_SECONDS)


class _Lock(filelock.FileLock):
    """The sandbox's lock, with an error that says what to do."""

    def acquire(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().acquire(*args, **kwargs)
        except filelock.Timeout:
            raise SandboxStateError(
                f"another command is starting or stopping this sandbox ({self.lock_file} is held): "
                "wait for it and try again"
            ) from None


def _process_status(entry: ProcessRecord) -> ProcessStatus:
    found = processes.find(entry)
    memory = processes.resident_bytes(processes.family([found])) if found else 0
    return ProcessStatus(entry.name, entry.pid, found is not None, memory)


def _pids(fleet: dict[str, Any]) -> list[int]:
    """Every pid that fleet.json names, whether it lists them or keeps them by component."""
    found: list[int] = []
    for cluster in fleet.get("clusters", ()):
        pids = cluster.get("pids", ())
        found.extend(int(pid) for pid in (pids.values() if isinstance(pids, dict) else pids))
    return found
