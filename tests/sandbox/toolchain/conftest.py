"""A machine of its own for each test: a private PATH with fake tools, a private cache, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from canal_aws.sandbox.toolchain import golang
from canal_aws.sandbox.toolchain.cache import Cache
from canal_aws.sandbox.toolchain.pins import all_tools

_FAKE_GO = """
import json, os, pathlib, sys, time
control = pathlib.Path({control!r})
with (control / "calls").open("a") as calls:
    calls.write(json.dumps([sys.argv[1:], dict(os.environ)]) + "\\n")
if sys.argv[1] == "version":
    print("go version go{version} linux/amd64")
    sys.exit(0)
for folder in ("GOMODCACHE", "GOCACHE"):
    pathlib.Path(os.environ[folder]).mkdir(parents=True, exist_ok=True)
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
answers = json.loads((control / "answers").read_text())
packages = [word for word in sys.argv[2:] if word in answers]
(out / "half-made").write_text("")
if (control / "hang").exists():
    (control / "pid").write_text(str(os.getpid()))
    while (control / "hang").exists():
        time.sleep(0.02)
(out / "half-made").unlink()
if (control / "fail").exists():
    print((control / "fail").read_text())
    sys.exit(1)
for package in packages:
    name, answer = answers[package]
    (out / name).write_text("#!/bin/sh\\necho " + answer + "\\n")
    (out / name).chmod(0o755)
"""


def _output_name(package: str) -> str:
    """What Go calls the executable of the packages that the tests build (`go help build`)."""
    return {"go.etcd.io/etcd/server/v3": "server", "go.etcd.io/etcd/etcdutl/v3": "etcdutl"}.get(
        package, package.rpartition("/")[2]
    )


class Machine:
    """What a test arranges (fake executables) and then looks at (what they were called with)."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.control = root / "control"
        self.cache_home = root / "cache"
        self.cache = Cache(self.cache_home / "canal-aws" / "toolchain")
        for folder in (self.bin, self.control):
            folder.mkdir()

    def executable(self, name: str, python: str, folder: Path | None = None) -> Path:
        path = (folder or self.bin) / name
        path.write_text(f"#!{sys.executable} -IS\n{python}")
        path.chmod(0o755)
        return path

    def answering(self, name: str, answer: str, status: int = 0) -> Path:
        """An executable that prints `answer`, and notes that it was started."""
        note = f"open({str(self.control / name)!r}, 'a').write('x')"
        return self.executable(name, f"import sys\n{note}\nprint({answer!r})\nsys.exit({status})\n")

    def starts(self, name: str) -> int:
        note = self.control / name
        return len(note.read_text()) if note.exists() else 0

    def go(self, version: str = "1.26.8", folder: Path | None = None) -> Path:
        """A Go that "builds" shell scripts which answer with the pinned version."""
        answers = {
            tool.package: (_output_name(tool.package), f"v{tool.version}")
            for tool in all_tools().values()
            if tool.needed_for == "sandbox"
        }
        (self.control / "answers").write_text(json.dumps(answers))
        return self.executable("go", _FAKE_GO.format(control=str(self.control), version=version), folder)

    def go_answers(self, package: str, name: str, answer: str) -> None:
        answers = json.loads((self.control / "answers").read_text())
        (self.control / "answers").write_text(json.dumps({**answers, package: (name, answer)}))

    def builds(self) -> list[tuple[list[str], dict[str, str]]]:
        """Arguments and environment of each `go build` so far."""
        calls = self.control / "calls"
        lines = calls.read_text().splitlines() if calls.exists() else []
        return [(words, env) for words, env in map(json.loads, lines) if words[0] == "build"]

    def go_fails(self, output: str) -> None:
        (self.control / "fail").write_text(output)

    @contextmanager
    def go_hangs(self) -> Iterator[None]:
        (self.control / "hang").write_text("")
        try:
            yield
        finally:
            (self.control / "hang").unlink(missing_ok=True)

    def forbid_downloads(self) -> None:
        self.cache.root.mkdir(parents=True, exist_ok=True)
        self.cache.given_up.write_text("a test\n")

    def half_made(self) -> list[Path]:
        return [path for path in self.cache.root.rglob("*half-made*") if "work" not in path.parts]

    def start(self, *tools: str) -> subprocess.Popen[str]:
        """The command, in a process of its own."""
        project = Path(__file__).parents[3]
        environment = {**os.environ, "PYTHONPATH": str(project), "XDG_CACHE_HOME": str(self.cache_home)}
        return subprocess.Popen(
            [sys.executable, "-m", "canal_aws.sandbox.toolchain", *tools],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    for name in [name for name in os.environ if name.startswith(("GO", "CGO_", "CANAL_AWS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(machine.bin))
    monkeypatch.setenv("XDG_CACHE_HOME", str(machine.cache_home))
    monkeypatch.setattr(golang, "SYSTEM_FOLDERS", ())
    return machine
