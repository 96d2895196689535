"""A host that lets nobody make namespaces is told which of its settings forbids them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from canal_aws.progress import Silent
from canal_aws.sandbox.launch import Parts
from canal_aws.sandbox.machines import NamespacesForbidden, ProgramMissing, namespaces
from canal_aws.sandbox.machines import __main__ as host


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
        ("kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("user/max_user_namespaces", "100", "seccomp=unconfined"),
    ],
)
def test_the_setting_and_the_way_out_are_named(name: str, value: str, way_out: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(f"{value}\n")
    with pytest.raises(NamespacesForbidden, match="Operation not permitted") as refused:
        namespaces.require(tmp_path, ("bash", "-c", "echo 'unshare: Operation not permitted' >&2; exit 1", "bash"))
    assert way_out in str(refused.value)


def test_a_host_with_no_namespaces_left(bin_dir: Path) -> None:
    """In a namespace whose own limit is 0: what `require` says there is what a host with that setting sees."""
    script = "from canal_aws.sandbox.machines import namespaces; namespaces.require()"
    limit = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"'
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "bash", "-c", limit, "x", sys.executable, "-c", script],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
    )
    assert (
        "user.max_user_namespaces is 0. Allow them with `sudo sysctl -w user.max_user_namespaces=15000`" in done.stderr
    )


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(namespaces, "_PATH", str(tmp_path))
    with pytest.raises(ProgramMissing, match=r"install .*iproute2.*util-linux"):
        namespaces.require()


@pytest.mark.parametrize(("user", "installs"), [(0, True), (1000, False)])
def test_root_gets_what_is_missing_and_everybody_else_is_told(
    user: int, installs: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(namespaces, "_PROGRAMS", {"no-such-program": "no-such-package"})
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(subprocess, "run", run)
    assert host.main() == ProgramMissing.exit_status
    assert any(command[-1] == "no-such-package" and "install" in command for command in asked) is installs
    assert "install no-such-package" in capsys.readouterr().err


def test_a_host_that_cannot_hold_machines_is_told_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise NamespacesForbidden("not here")

    monkeypatch.setattr(namespaces, "require", refused)
    monkeypatch.setattr("canal_aws.sandbox.toolchain.ensure", lambda **_: pytest.fail("it built"))
    with pytest.raises(NamespacesForbidden, match="not here"):
        Parts().ensure(Silent())
