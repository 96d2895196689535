"""The kubeconfig's file: nobody else's for no moment, and whole or not there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from canal_aws.day_two import kubeconfig_file
from canal_aws.day_two.errors import Refused


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


@pytest.fixture(autouse=True)
def open_handed() -> object:
    before = os.umask(0)
    yield
    os.umask(before)


def test_it_is_the_owners_alone_already_while_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (seen.append(stat.S_IMODE(os.fstat(handle).st_mode)), sync(handle)))
    kubeconfig_file.write("secret", tmp_path / "admin.yaml")
    assert (seen, mode(tmp_path / "admin.yaml")) == ([0o600], 0o600)
    assert (tmp_path / "admin.yaml").read_text() == "secret"


def test_what_was_there_is_replaced_with_its_wider_mode_and_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "admin.yaml"
    file.write_text("old")
    file.chmod(0o644)
    with file.open() as reader:
        kubeconfig_file.write("new", file)
        assert reader.read() == "old"
    assert (file.read_text(), mode(file)) == ("new", 0o600)
    assert list(tmp_path.iterdir()) == [file]


def test_a_link_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "real")
    kubeconfig_file.write("new", link)
    assert link.is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_nothing_is_left_where_it_cannot_be_put_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(Refused, match="Permission denied"):
        kubeconfig_file.write("new", tmp_path / "admin.yaml")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", [".", "no/such/folder/admin.yaml"])
def test_where_no_file_can_be_is_said_with_the_value(
    output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Refused, match=f"--output {output}: "):
        kubeconfig_file.write("new", Path(output))
