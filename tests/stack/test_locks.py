"""Locks: read where they are files, judged by whether their process still runs, and by when it began."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from canal_aws.recovery import recovery
from canal_aws.stack import locks
from canal_aws.stack.errors import Locked
from canal_aws.stack.locks import Holder
from canal_aws.stack.pulumi_cli import Pulumi

STACK = "organization/canal-aws/dev"
ENDED_PID = 2**22 + 1  # above the largest pid that Linux gives (proc(5), pid_max)


def holder(pid: int = ENDED_PID, host: str | None = None, since: datetime | None = None) -> Holder:
    made = (since or datetime.now(UTC)).isoformat().replace("+00:00", "000Z")
    return Holder(pid, "someone", host or socket.gethostname(), made)


def lock_file(root: Path, content: dict[str, Any] | str, stack: str = STACK) -> None:
    folder = root / ".pulumi" / "locks" / stack
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / f"{len(list(folder.iterdir()))}.json").write_text(text)
    (folder / f"{len(list(folder.iterdir()))}.json.attrs").write_text("{}")


class FakePulumi(Pulumi):
    """A command that only notes that a lock was cancelled."""

    cancelled: list[str] = []  # noqa: RUF012

    def cancel(self) -> None:
        self.cancelled.append(self.stack)


@pytest.fixture
def pulumi(tmp_path: Path) -> FakePulumi:
    FakePulumi.cancelled = []
    return FakePulumi("pulumi", tmp_path, STACK, f"file://{tmp_path}")


def never(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def test_a_lock_file_names_its_holder(tmp_path: Path) -> None:
    written = {"pid": 7, "username": "ada", "hostname": "there", "timestamp": "2026-11-23T21:13:34.50622239Z"}
    lock_file(tmp_path, written)
    lock_file(tmp_path, written | {"pid": 8}, "organization/canal-aws/other")
    assert locks.in_files(f"file://{tmp_path}", STACK) == [Holder(7, "ada", "there", str(written["timestamp"]))]


@pytest.mark.parametrize("text", ["", "{", '{"pid": "x"}', "[]"])
def test_a_lock_that_cannot_be_read_is_a_lock_all_the_same(tmp_path: Path, text: str) -> None:
    lock_file(tmp_path, text)
    (found,) = locks.in_files(f"file://{tmp_path}", STACK)
    assert not found.here


@pytest.mark.parametrize("backend", ["s3://bucket", "https://api.pulumi.com"])
def test_locks_elsewhere_are_the_engine_s_to_tell(backend: str) -> None:
    assert locks.in_files(backend, STACK) == []


def test_the_engine_s_message_names_the_holders() -> None:
    told = (
        "error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the "
        "lock file with `pulumi cancel`.\n  s3://bucket/.pulumi/locks/a.json: created by ada@there (pid 7) at "
        "2026-11-23T21:13:34Z\n  s3://bucket/.pulumi/locks/b.json: created by bob b@here (pid 8) at 2026-11-23T21:13:35Z"
    )
    assert [(each.pid, each.host) for each in locks.in_text(told)] == [(7, "there"), (8, "here")]
    assert locks.in_text("[409] Another update is currently in progress") == []


def test_a_process_that_began_before_the_lock_holds_it() -> None:
    assert holder(os.getpid()).alive
    assert not holder().alive


def test_a_later_owner_of_the_pid_does_not_hold_the_lock() -> None:
    began_before_this_process = datetime.now(UTC) - timedelta(days=400)
    assert not holder(os.getpid(), since=began_before_this_process).alive


def test_a_zombie_holds_nothing() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not holder(process.pid).alive
    process.wait()


def test_a_dead_holder_s_lock_is_removed_without_asking(pulumi: FakePulumi) -> None:
    recovery.settle(pulumi, [holder()], "", never)
    assert pulumi.cancelled == [STACK]


def test_a_living_holder_is_left_alone(pulumi: FakePulumi) -> None:
    with pytest.raises(Locked, match=f"pid {os.getpid()} of someone .*since .*wait until it ends"):
        recovery.settle(pulumi, [holder(), holder(os.getpid())], "", lambda question: True)
    assert pulumi.cancelled == []


def test_another_host_s_lock_is_the_user_s_to_judge(pulumi: FakePulumi) -> None:
    asked: list[str] = []

    def refuse(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(Locked, match=r"on there.*--yes"):
        recovery.settle(pulumi, [holder(host="there")], "", refuse)
    assert "someone on there" in asked[0]
    recovery.settle(pulumi, [holder(host="there")], "", lambda question: True)
    assert pulumi.cancelled == [STACK]


def test_no_lock_is_nothing_to_do(pulumi: FakePulumi) -> None:
    assert recovery.release_lock(pulumi, never) == []
    assert pulumi.cancelled == []
