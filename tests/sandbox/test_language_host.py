"""The Python language host under the real engine, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from canal_aws.sandbox import lifetime, plugins
from canal_aws.sandbox.language_runtime import dependencies, required_plugins
from tests.sandbox.engine import Engine

HOST = [sys.executable, "-u", "-m", "canal_aws.sandbox.language_host", "127.0.0.1:1"]
END_SECONDS = 5.0

PROGRAM = """
import os
import sys
import pulumi

import own_module

config = pulumi.Config()
print("a printed line")
print("a line on stderr", file=sys.stderr)
pulumi.log.warn("a warning")
pulumi.export("word", config.require("word"))
pulumi.export("secret", config.require_secret("key"))
pulumi.export("dry", pulumi.runtime.is_dry_run())
pulumi.export("where", [pulumi.get_organization(), pulumi.get_project(), pulumi.get_stack()])
pulumi.export("folder", os.getcwd())
pulumi.export("module", own_module.VALUE)
pulumi.export("late", pulumi.Output.from_input("x").apply(lambda value: __import__("late_module").VALUE + value))
failure = config.get("failure")
if failure == "run-error":
    raise pulumi.RunError("architecture: 'none' is not one of the three")
if failure == "crash":
    raise ValueError("a defect")
if failure == "exit":
    sys.exit(7)
if failure == "apply":
    pulumi.Output.from_input(1).apply(lambda value: value / 0)
"""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    made = Engine(tmp_path_factory.mktemp("language-host"), PROGRAM, "  options:\n    virtualenv: .venv\n")
    (made.project / "own_module.py").write_text("VALUE = 42\n")
    (made.project / "late_module.py").write_text("VALUE = 'late'\n")
    made.run("config", "set", "word", "hello")
    made.run("config", "set", "--secret", "key", "hunter2")
    return made


@pytest.mark.lifecycle
def test_program_runs_with_its_configuration(engine: Engine) -> None:
    said = engine.run("up", "--yes")
    for line in ("a printed line", "a line on stderr", "warning: a warning"):
        assert line in said
    assert "hunter2" not in said
    assert "from $PATH" not in said, "the engine warns of plugins that it finds there"
    outputs = json.loads(engine.run("stack", "output", "--json", "--show-secrets"))
    assert outputs == {
        "word": "hello",
        "secret": "hunter2",
        "dry": False,
        "where": ["organization", "trial", "dev"],
        "folder": str(engine.project),
        "module": 42,
        "late": "latex",
    }


@pytest.mark.lifecycle
def test_nothing_to_do_is_no_change(engine: Engine) -> None:
    engine.up()
    assert "1 unchanged" in engine.up()


@pytest.mark.lifecycle
@pytest.mark.parametrize(
    ("failure", "said", "traceback"),
    [
        ("run-error", "error: architecture: 'none' is not one of the three", False),
        ("crash", "ValueError: a defect", True),
        ("exit", "non-zero exit code: 7", False),
        ("apply", "ZeroDivisionError", True),
    ],
)
def test_failures_are_said_once_and_end_the_command(engine: Engine, failure: str, said: str, traceback: bool) -> None:
    output = engine.up("--config", f"failure={failure}", status=1)
    engine.run("config", "rm", "failure")
    diagnostics = output.partition("Diagnostics:")[2]
    assert diagnostics.count(said) == 1
    assert ("Traceback" in diagnostics) is traceback
    assert ("an unhandled error occurred" in diagnostics) is (failure == "exit"), "the engine's word, for exits alone"


@pytest.mark.lifecycle
def test_missing_program_is_said(tmp_path: Path) -> None:
    missing = Engine(tmp_path, "")
    (missing.project / "__main__.py").unlink()
    assert "__main__.py does not exist: `main` in Pulumi.yaml" in missing.up(status=1)


@pytest.mark.lifecycle
def test_other_commands_that_ask_the_host(engine: Engine) -> None:
    assert "Nothing to do here" in engine.run("install")
    about = json.loads(engine.run("about", "--json"))
    assert about["runtime"]["executable"] == sys.executable
    assert {"aws", "kubernetes"} <= {plugin["name"] for plugin in about["plugins"]}


@pytest.mark.lifecycle
def test_another_virtual_environment_is_refused(tmp_path: Path) -> None:
    other = Engine(tmp_path, "", "  options:\n    virtualenv: other\n")
    (other.project / "other").mkdir()
    assert "runtime.options.virtualenv is other" in other.up(status=1)


@pytest.mark.lifecycle
def test_program_imports_its_own_copy_of_this_package(tmp_path: Path) -> None:
    copy = Engine(tmp_path, "import pulumi\nimport canal_aws.mine\npulumi.export('mine', canal_aws.mine.VALUE)\n")
    package = copy.project / "canal_aws"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "mine.py").write_text("VALUE = 'of the program'\n")
    copy.up()
    assert json.loads(copy.run("stack", "output", "--json")) == {"mine": "of the program"}


def test_required_plugins_are_those_of_the_installed_sdks() -> None:
    found = {plugin["name"]: plugin for plugin in required_plugins()}
    assert found["aws"] == {"name": "aws", "kind": "resource", "version": "v7.51.1", "server": ""}
    assert found["kubernetes"]["version"] == "v4.34.2"


def test_dependencies_are_direct_ones_or_all() -> None:
    direct, every = dict(dependencies(transitive=False)), dict(dependencies(transitive=True))
    assert direct.items() <= every.items()
    assert {"grpcio", "pulumi", "pulumi-kubernetes"} <= every.keys()
    assert "grpcio" not in direct, "pulumi requires it"


@pytest.fixture
def host() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(HOST, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def _port(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.component
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_host_at_once(host: subprocess.Popen[str], number: signal.Signals) -> None:
    _port(host)
    host.send_signal(number)
    assert host.wait(END_SECONDS) == -number


@pytest.mark.component
def test_cancel_ends_the_host(host: subprocess.Popen[str]) -> None:
    stub = language_pb2_grpc.LanguageRuntimeStub(grpc.insecure_channel(f"127.0.0.1:{_port(host)}"))
    stub.Handshake(language_pb2.LanguageHandshakeRequest(engine_address="127.0.0.1:1"))
    stub.Cancel(empty_pb2.Empty())
    host.wait(END_SECONDS)


@pytest.mark.component
@pytest.mark.parametrize("module", ["canal_aws.sandbox.language_host", "canal_aws.sandbox.providers.kubernetes"])
def test_the_engines_death_ends_its_plugins(module: str) -> None:
    """A parent that is killed, as an engine is by SIGKILL, tells nobody."""
    starts = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-u', '-m', {module!r}, '127.0.0.1:1'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, text=True)
    child = int(_port(parent))
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + END_SECONDS
    while _alive(child):
        assert time.monotonic() < deadline, "the plugin outlived its engine"
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_no_tracing_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its exporter held the process for 5 s at the end of a failed run."""
    for name in lifetime.TRACING_VARIABLES:
        monkeypatch.setenv(name, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    lifetime.without_tracing()
    assert not os.environ.keys() & set(lifetime.TRACING_VARIABLES)


def test_launchers(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "bin"
    written = plugins.install(home, folder, Path(sys.executable))
    assert [str(path.relative_to(home / "plugins")) for path in written] == [
        "resource-aws-v7.51.1/pulumi-resource-aws",
        "resource-kubernetes-v4.34.2/pulumi-resource-kubernetes",
        "language-python-v3.259.0/pulumi-language-python",
    ]
    assert all(os.access(path, os.X_OK) for path in written)
    stamps = [path.stat().st_mtime_ns for path in written]
    assert plugins.install(home, folder, Path(sys.executable)) == written
    assert [path.stat().st_mtime_ns for path in written] == stamps, "an engine may be reading them"


def test_the_official_language_host_is_not_shadowed(tmp_path: Path) -> None:
    official = tmp_path / "official"
    official.mkdir()
    (official / "pulumi-language-python").touch()
    home = tmp_path / "home"
    plugins.install(home, tmp_path / "bin", Path(sys.executable))
    written = plugins.install(home, tmp_path / "bin", Path(sys.executable), official / "pulumi")
    assert not list(home.rglob("pulumi-language-python"))
    assert len(written) == 2
