"""Starting and ending a sandbox, with the real embedded AWS and a fleet that runs no control plane."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from canal_aws.sandbox import environment, processes
from canal_aws.sandbox.errors import SandboxProcessError, SandboxStateError, UpdateRunning
from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.sandbox.state import ProcessRecord, Record
from tests.sandbox.fake_parts import FakeParts

pytestmark = pytest.mark.component


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    made = Sandbox(tmp_path / "a folder's state", FakeParts())
    yield made
    made.stop(force=True)


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


def test_start_status_stop(sandbox: Sandbox) -> None:
    record = sandbox.start()
    members = sandbox.members()
    status = sandbox.status()

    assert status.running
    assert status.endpoint == record.endpoint
    assert [(process.name, process.running) for process in status.processes] == [
        ("embedded AWS", True),
        ("fleet", True),
    ]
    assert status.clusters[0]["nodes"] == ["a", "b"]
    assert len(members) == 3
    assert status.memory_bytes > 50 * 2**20

    assert sandbox.stop()
    assert all(_gone(member.pid) for member in members), "the fleet's child outlived the sandbox"
    assert not sandbox.status().running
    assert not sandbox.stop()


def test_a_second_start_says_what_runs_and_disturbs_nothing(sandbox: Sandbox) -> None:
    record = sandbox.start()
    with pytest.raises(SandboxStateError) as refused:
        sandbox.start()
    for word in (record.endpoint, str(record.processes[0].pid), "sandbox stop", "sandbox env"):
        assert word in str(refused.value)
    assert refused.value.exit_status == 3
    assert sandbox.record() == record


def test_a_taken_port_is_said_and_leaves_nothing_running(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SandboxProcessError) as refused:
            sandbox.start(aws_port=port)
    assert str(port) in str(refused.value)
    assert "--aws-port" in str(refused.value)
    assert sandbox.members() == []
    assert sandbox.start(aws_port=port).aws_port == port


@pytest.mark.parametrize("victim", [0, 1], ids=["embedded AWS", "fleet"])
def test_what_died_is_cleaned_up_by_the_next_start(sandbox: Sandbox, victim: int) -> None:
    first = sandbox.start()
    others = [member.pid for member in sandbox.members()]
    os.kill(first.processes[victim].pid, signal.SIGKILL)
    assert _gone(first.processes[victim].pid)

    with pytest.raises(SandboxStateError, match="has ended"):
        sandbox.env()
    second = sandbox.start()
    assert {entry.pid for entry in second.processes}.isdisjoint(others)
    assert all(_gone(pid) for pid in others)


def test_a_recycled_pid_is_never_taken_for_the_sandbox(sandbox: Sandbox) -> None:
    sandbox.folder.prepare()
    other = subprocess.Popen(["sleep", "60"])
    try:
        entries = tuple(ProcessRecord(name, other.pid, started="another boot 1") for name in ("embedded AWS", "fleet"))
        sandbox.folder.save(Record(aws_port=1, processes=entries))
        sandbox.folder.kubernetes.joinpath("fleet.json").write_text(
            json.dumps({"pid": other.pid, "clusters": [{"pids": [other.pid]}]})
        )
        assert not sandbox.stop()
        assert other.poll() is None
        assert sandbox.folder.load() is None
    finally:
        other.kill()
        other.wait()


def test_a_part_that_fails_to_start_shows_its_log_and_takes_the_rest_along(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state", FakeParts(fleet_module="tests.sandbox.no_such_module"))
    with pytest.raises(SandboxProcessError, match="no_such_module"):
        sandbox.start()
    assert sandbox.members() == []
    assert sandbox.folder.load() is None


def test_nothing_ends_under_a_running_update_unless_forced(sandbox: Sandbox) -> None:
    sandbox.start()
    lock = sandbox.folder.backend / ".pulumi/locks/organization/canal-aws/dev/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": os.getpid(), "username": "u", "hostname": "h"}))
    for command in (sandbox.stop, sandbox.reset):
        with pytest.raises(UpdateRunning, match=rf"dev \(pid {os.getpid()}\).*--force"):
            command()
    assert sandbox.record() is not None
    assert sandbox.reset(force=True)
    assert not sandbox.folder.root.exists()


def test_a_dead_updates_lock_holds_nobody_up(sandbox: Sandbox) -> None:
    sandbox.start()
    ended = subprocess.Popen(["true"])
    ended.wait()
    lock = sandbox.folder.backend / ".pulumi/locks/organization/canal-aws/dev/1.json"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps({"pid": ended.pid}))
    assert sandbox.stop()


def test_reset_leaves_other_peoples_folders_alone(tmp_path: Path) -> None:
    precious = tmp_path / "home"
    precious.mkdir()
    (precious / "thesis.txt").write_text("all of it")
    with pytest.raises(SandboxStateError, match="left alone"):
        Sandbox(precious, FakeParts()).reset()
    assert (precious / "thesis.txt").exists()
    assert not Sandbox(tmp_path / "nothing", FakeParts()).reset()


def test_env_evaluates_in_a_posix_shell(sandbox: Sandbox) -> None:
    record = sandbox.start()
    caller = {
        "PATH": os.environ["PATH"],
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_EC2": "https://elsewhere.example",
        "NO_PROXY": "internal.example",
    }
    lines = environment.shell_lines(sandbox.env(), caller)
    shown = subprocess.run(
        ["sh", "-euc", 'eval "$LINES_TO_EVAL"; env -0'],
        env={**caller, "LINES_TO_EVAL": "\n".join(lines)},
        capture_output=True,
        check=True,
    )
    after = dict(entry.split("=", 1) for entry in shown.stdout.decode().split("\0") if entry)

    assert after["AWS_ENDPOINT_URL"] == record.endpoint
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_EC2"} & after.keys()
    assert Path(after["AWS_CONFIG_FILE"]).read_text() == Path(after["AWS_SHARED_CREDENTIALS_FILE"]).read_text() == ""
    assert after["PULUMI_BACKEND_URL"] == f"file://{sandbox.folder.backend}"
    assert after["PATH"].startswith(str(sandbox.folder.bin) + os.pathsep + "/nonexistent/toolchain's bin")
    assert "127.0.0.1" in after["NO_PROXY"]


def test_env_refuses_an_endpoint_with_another_account(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.start()
    monkeypatch.setattr("canal_aws.sandbox.control.ACCOUNT_ID", "111111111111")
    with pytest.raises(SandboxProcessError, match="does not answer account"):
        sandbox.env()


def test_the_passphrase_outlives_a_stop_and_is_its_users_alone(sandbox: Sandbox) -> None:
    sandbox.start()
    first = sandbox.env()["PULUMI_CONFIG_PASSPHRASE"]
    sandbox.stop()
    sandbox.start()
    assert sandbox.env()["PULUMI_CONFIG_PASSPHRASE"] == first
    assert (sandbox.folder.root / "passphrase").stat().st_mode & 0o077 == 0


def test_a_clock_that_is_set_anew_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    this = ProcessRecord("this", os.getpid(), processes.started(os.getpid()))
    monkeypatch.setattr(psutil.Process, "create_time", lambda _: 1.0)
    assert processes.alive(this)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "deaf.log"
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    record = processes.spawn("deaf", ["python3", "-c", script], dict(os.environ), log)
    deadline = time.monotonic() + 10
    while "deaf" not in log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    found = processes.find(record)
    assert found is not None
    processes.end([found], seconds=0.2)
    assert not processes.alive(record)
