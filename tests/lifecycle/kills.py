"""Killing an `up` in the middle, as a crash or an out-of-memory kill would, and running `canal-aws recover` after it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from canal_aws.stack import file_backend
from tests.lifecycle.stacks import CHECKOUT, Stack

_UP_SECONDS = 180.0
_END_SECONDS = 20.0
_AMID = 4
Moment = Callable[[Stack], bool]


def called(operation: str) -> Moment:
    """Once the embedded AWS has been asked for this, like ec2:CreateVpc."""
    return lambda stack: stack.sandbox.control().calls().get(operation, 0) > 0


def amid(prefix: str) -> Moment:
    """Once the state on disk holds some resources whose types begin so, and more are being created."""

    def check(stack: Stack) -> bool:
        file = stack.sandbox.folder.backend / ".pulumi" / "stacks" / "canal-aws" / f"{stack.name}.json"
        try:
            latest = json.loads(file.read_text())["checkpoint"]["latest"] or {}
        except (OSError, ValueError):
            return False
        done = [each["type"] for each in latest.get("resources") or ()]
        pending = [each["resource"]["type"] for each in latest.get("pending_operations") or ()]
        return all(sum(each.startswith(prefix) for each in types) >= _AMID for types in (done, pending))

    return check


def leave_attributes_empty(stack: Stack) -> None:
    """What a kill leaves that meets the engine between making the attribute file of a checkpoint and filling it."""
    (stack.sandbox.folder.backend / ".pulumi" / "stacks" / "canal-aws" / f"{stack.name}.json.attrs").write_text("")


@contextmanager
def up_killed(stack: Stack, moment: Moment, *arguments: str) -> Iterator[psutil.Process]:
    """An `up ARGUMENTS` that stands still from `moment` on (the block gets its engine), and is killed when the block ends.

    The engine alone is killed: its language host, its program and its providers must find out and end by themselves.
    It never stands still in the middle of writing an attribute file: `leave_attributes_empty` is that case, on purpose.
    """
    stack.sandbox.control().reset_calls()
    process = stack.popen("up", "--yes", "--skip-preview", "--stack", stack.name, *arguments)
    engine = psutil.Process(process.pid)
    try:
        deadline = time.monotonic() + _UP_SECONDS
        while not moment(stack):
            assert process.poll() is None, f"it ended before it could be killed:\n{process.communicate()[0]}"
            assert time.monotonic() < deadline, "the moment did not come"
            time.sleep(0.01)
        children = engine.children(recursive=True)
        _stop_at_rest(engine, stack)
        yield engine
    finally:
        process.kill()
        process.communicate()
    assert len(children) >= 2, "the language host and a provider"
    survivors = psutil.wait_procs(children, timeout=_END_SECONDS)[1]
    assert not survivors, [child.cmdline() for child in survivors]


def _stop_at_rest(engine: psutil.Process, stack: Stack) -> None:
    deadline = time.monotonic() + _END_SECONDS
    _stop(engine, deadline)
    while list(file_backend.half_written(f"file://{stack.sandbox.folder.backend}")):
        engine.resume()
        time.sleep(0.01)
        _stop(engine, deadline)


def _stop(engine: psutil.Process, deadline: float) -> None:
    """SIGSTOP is only sent when kill() returns: a thread of the engine may still end the system call that it is in."""
    engine.suspend()
    while any(_runs(engine.pid, thread.id) for thread in engine.threads()):
        assert time.monotonic() < deadline, "the engine does not stand still"
        time.sleep(0.001)


def _runs(pid: int, thread: int) -> bool:
    """Neither ended nor stopped: T is the state of the latter, which proc(5) puts behind the name in brackets."""
    try:
        return Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(") ")[2][0] != "T"
    except FileNotFoundError:
        return False


def recover(stack: Stack, *arguments: str, status: int = 0) -> str:
    """What `canal-aws recover ARGUMENTS` prints on both streams, run in the project's folder as a user would."""
    done = subprocess.run(
        [sys.executable, "-m", "canal_aws", "recover", "--stack", stack.name, *arguments],
        cwd=stack.project,
        env={**stack.environment, "PYTHONPATH": str(CHECKOUT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_UP_SECONDS,
        check=False,
    )
    assert done.returncode == status, f"exit status {done.returncode}:\n{done.stdout}"
    assert "Traceback" not in done.stdout
    return done.stdout


def pending(stack: Stack) -> list[dict[str, Any]]:
    """The operations that were under way."""
    found: list[dict[str, Any]] = stack.state().get("pending_operations", [])
    return found
