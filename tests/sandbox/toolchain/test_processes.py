"""Several runs at once, and runs that are killed: real processes on one cache."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import psutil
import pytest

from canal_aws.sandbox.toolchain import ensure
from canal_aws.sandbox.toolchain.errors import BuildFailedError
from canal_aws.sandbox.toolchain.pins import all_tools
from tests.sandbox.toolchain.conftest import Machine

DEADLINE_SECONDS = 30


@pytest.fixture(autouse=True)
def _only_builds(machine: Machine) -> None:
    machine.forbid_downloads()
    machine.go()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def building(machine: Machine) -> int:
    """The process id of the fake Go, once it is in the middle of a build."""
    file = machine.control / "pid"
    wait_until(lambda: file.exists() and file.read_text() != "")
    return int(file.read_text())


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    out, err = process.communicate(timeout=DEADLINE_SECONDS)
    return out, err


def test_a_run_killed_in_the_middle_of_a_build_leaves_nothing_half_made(machine: Machine) -> None:
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin")
    if setpriv:
        (machine.bin / "setpriv").symlink_to(setpriv)
    with machine.go_hangs():
        run = machine.start("etcd")
        go = building(machine)
        assert list(machine.cache.work.rglob("half-made"))
        run.send_signal(signal.SIGKILL)
        end(run)
        if setpriv:
            wait_until(lambda: not psutil.pid_exists(go) or psutil.Process(go).status() == "zombie")
        assert machine.cache.find(all_tools()["etcd"]) is None
        assert not machine.cache.folder(all_tools()["etcd"]).exists()
    machine.go_fails("x.go:1: undefined: y")
    with pytest.raises(BuildFailedError):
        ensure(["etcd"])
    pieces = machine.cache.work.glob("tmp-*")
    assert len(list(pieces)) == 1, "what the killed run had begun is gone"
    (machine.control / "fail").unlink()
    assert ensure(["etcd"]).path("etcd").exists()
    assert not machine.cache.work.exists()


def test_an_interrupted_run_says_so_and_the_next_one_works(machine: Machine) -> None:
    with machine.go_hangs():
        run = machine.start("etcd")
        building(machine)
        run.send_signal(signal.SIGINT)
        _, err = end(run)
    assert run.returncode == 130
    assert "Traceback" not in err
    assert ensure(["etcd"]).path("etcd").exists()


def test_of_two_runs_at_once_one_builds_and_the_other_says_what_it_waits_for(machine: Machine) -> None:
    with machine.go_hangs():
        first = machine.start("etcd")
        building(machine)
        second = machine.start("etcd")
        assert second.stderr is not None
        waiting = second.stderr.readline()
        assert waiting.startswith(f"waiting for process {first.pid}, which prepares etcd")
    first_out, _ = end(first)
    second_out, _ = end(second)
    assert (first.returncode, second.returncode) == (0, 0)
    assert first_out == second_out
    assert len(machine.builds()) == 1


def test_the_command_shows_where_each_tool_is_from(machine: Machine) -> None:
    out, err = end(machine.start("kwok", "etcd"))
    lines = [line.split() for line in out.splitlines()]
    assert lines[1][:5] == ["kwok", "0.7.0", "built", "from", "Go"]
    assert lines[2][:2] == ["etcd", "3.6.16"]
    assert "building kwok 0.7.0: kwok" in err


def test_the_command_ends_with_a_message_and_no_traceback(machine: Machine) -> None:
    machine.answering("pulumi", "v3.1.0")
    run = machine.start("pulumi")
    out, err = end(run)
    assert run.returncode == 2
    assert out == ""
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_importing_and_a_warm_ensure_stay_light(machine: Machine) -> None:
    """The command line calls this on every `sandbox` command: no heavy library. bench/ says how long it takes."""
    ensure()
    code = "import sys; from canal_aws.sandbox.toolchain import ensure; ensure(); print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert not {"rich", "requests", "pulumi", "boto3", "filelock"} & set(done.stdout.split())
