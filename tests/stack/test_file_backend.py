"""What a kill leaves half-written in a state's folder: removed by a recovery, unless somebody is writing it right now."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from canal_aws.stack import file_backend, pulumi_cli
from canal_aws.stack.errors import Locked, StackError

WHOLE = '{"user.content_type": "application/json", "md5": "x"}'


@pytest.fixture
def backend(tmp_path: Path) -> str:
    stacks = tmp_path / ".pulumi" / "stacks" / "canal-aws"
    stacks.mkdir(parents=True)
    for name, attributes in (("dev.json", ""), ("dev.json.bak", WHOLE), ("other.v2.json", '{"user')):
        (stacks / name).write_text('{"version": 3}')
        (stacks / f"{name}.attrs").write_text(attributes)
    return f"file://{tmp_path}"


def lock(backend: str, pid: int, attributes: str = WHOLE) -> Path:
    folder = Path(backend.removeprefix("file://")) / ".pulumi" / "locks" / "organization" / "canal-aws" / "dev"
    folder.mkdir(parents=True)
    held = {"pid": pid, "username": "ada", "hostname": socket.gethostname(), "timestamp": datetime.now(UTC).isoformat()}
    (folder / "a.json").write_text(json.dumps(held))
    (folder / "a.json.attrs").write_text(attributes)
    return folder


def test_half_written_attributes_are_found_with_their_stack(backend: str) -> None:
    lock(backend, 1, "")
    found = [(file.name, stack) for file, stack in file_backend.half_written(backend)]
    assert found == [
        ("dev.json.attrs", "organization/canal-aws/dev"),
        ("other.v2.json.attrs", "organization/canal-aws/other.v2"),
        ("a.json.attrs", "organization/canal-aws/dev"),
    ]


def test_they_are_removed_and_nothing_else(backend: str) -> None:
    lock(backend, 2**22 + 1)
    pulumi_cli._look_for_half_written(backend, None, mend=True)
    assert list(file_backend.half_written(backend)) == []
    left = {file.name for file in Path(backend.removeprefix("file://")).rglob("*") if file.is_file()}
    assert left == {"dev.json", "dev.json.bak", "dev.json.bak.attrs", "other.v2.json", "a.json", "a.json.attrs"}


def test_what_is_being_written_is_left_alone(backend: str) -> None:
    lock(backend, os.getpid())
    with pytest.raises(Locked, match=f"dev is being updated by pid {os.getpid()}"):
        pulumi_cli._look_for_half_written(backend, "dev", mend=True)
    assert len(list(file_backend.half_written(backend))) == 2


def test_who_only_reads_removes_nothing_and_is_not_stopped_by_another_stacks(backend: str) -> None:
    with pytest.raises(StackError, match="canal-aws recover --stack organization/canal-aws/dev"):
        pulumi_cli._look_for_half_written(backend, "dev", mend=False)
    pulumi_cli._look_for_half_written(backend, "organization/canal-aws/third", mend=False)
    assert len(list(file_backend.half_written(backend))) == 2


@pytest.mark.parametrize("backend", ["s3://bucket", "https://api.pulumi.com", "file:///does/not/exist"])
def test_elsewhere_there_is_nothing_to_find(backend: str) -> None:
    assert list(file_backend.half_written(backend)) == []
