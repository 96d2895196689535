"""Starting, finding and ending the sandbox's processes, always by a recorded pid."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil

from canal_aws.sandbox.errors import SandboxProcessError
from canal_aws.sandbox.state import ProcessRecord

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_POLL_SECONDS = 0.05


def spawn(name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> ProcessRecord:
    """Start `command` in a session of its own, so that it outlives the terminal, its output in `log`."""
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                command,
                env=dict(env),
                cwd=log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxProcessError(f"{name} could not be started: {command[0]}: {error.strerror}") from error
    return ProcessRecord(name, process.pid, started(process.pid))


def started(pid: int) -> str:
    """What tells a process from a later owner of its pid; empty where there is no such process.

    Ticks since boot, and which boot (proc(5): /proc/PID/stat field 22, boot_id): a time of day would change with the
    clock, which a virtual machine sets anew when it is resumed, and a running process would be taken for ended.
    """
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        return f"{_BOOT_ID.read_text(encoding='utf-8').strip()} {after_name.split()[19]}"
    except (OSError, IndexError):
        pass
    try:
        return str(psutil.Process(pid).create_time())  # where there is no /proc
    except psutil.Error:
        return ""


def find(record: ProcessRecord) -> psutil.Process | None:
    """The running process that was recorded; None where it ended, or where its pid has another owner now."""
    try:
        process = psutil.Process(record.pid)
        if started(record.pid) != record.started:
            return None
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
    except psutil.Error:
        return None
    return process


def alive(record: ProcessRecord) -> bool:
    """Whether the recorded process still runs."""
    return find(record) is not None


def family(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    """The processes and all their descendants, each once."""
    members: dict[int, psutil.Process] = {}
    for process in processes:
        try:
            for member in (process, *process.children(recursive=True)):
                members.setdefault(member.pid, member)
        except psutil.Error:
            continue
    return list(members.values())


def naming(pids: Iterable[int], folder: Path) -> list[psutil.Process]:
    """Those of `pids` whose command line names `folder`: a pid alone might be somebody else's by now."""
    found = []
    for pid in pids:
        try:
            process = psutil.Process(pid)
            if any(str(folder) in argument for argument in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def resident_bytes(processes: Iterable[psutil.Process]) -> int:
    """Sum of the resident sets in bytes: an upper bound, since shared pages count once in each process."""
    total = 0
    for process in processes:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue
    return total


def end(processes: Sequence[psutil.Process], seconds: float) -> None:
    """SIGTERM to all, SIGKILL to those that still run after `seconds`."""
    for process in processes:
        try:
            process.terminate()
        except psutil.Error:
            continue
    for process in _running_after(processes, seconds):
        try:
            process.kill()
        except psutil.Error:
            continue
    _running_after(processes, 5.0)


def _running_after(processes: Sequence[psutil.Process], seconds: float) -> list[psutil.Process]:
    _, running = psutil.wait_procs(processes, timeout=seconds)
    return [process for process in running if not _zombie(process)]


def _zombie(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return True


def wait_until(record: ProcessRecord, ready: Callable[[], bool], seconds: float, log: Path, what_to_do: str) -> None:
    """Return when `ready()`; SandboxProcessError, with the end of the log, when the process ends or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if not alive(record):
            _reap(record.pid)
            raise SandboxProcessError(f"{record.name} ended while it was starting. {tail(log)} {what_to_do}")
        if time.monotonic() > deadline:
            raise SandboxProcessError(f"{record.name} was not ready within {seconds:.0f} s. {tail(log)} {what_to_do}")
        time.sleep(_POLL_SECONDS)


def tail(log: Path, lines: int = 5) -> str:
    """The last lines of a log, for an error message."""
    try:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-lines:]
    except OSError:
        last = []
    if not last:
        return f"It wrote nothing to {log}."
    return f"The end of {log}:\n  " + "\n  ".join(last) + "\n"


def _reap(pid: int) -> None:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
