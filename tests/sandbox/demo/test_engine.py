"""The Pulumi command as the demo runs it, with a script in the engine's place."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError, StackNotFoundError

from canal_aws.sandbox.demo.engine import SandboxPulumi

_SCRIPT = r"""#!/bin/sh
[ "$1" = version ] && { echo v3.259.0; exit 0; }
shift # --non-interactive
case "$1" in
  env) env ;;
  lost) echo "error: no stack named 'x' found" >&2; exit 255 ;;
  fail) echo "on stdout"; echo "on stderr" >&2; exit 3 ;;
  up) trap 'echo cancelled > "$OUT/interrupted"; exit 1' INT
      touch "$OUT/started"; while :; do sleep 0.05; done ;;
esac
"""


@pytest.fixture
def engine(tmp_path: Path) -> SandboxPulumi:
    script = tmp_path / "pulumi"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    return SandboxPulumi(str(script), {"PATH": os.environ["PATH"], "OUT": str(tmp_path)})


def test_the_command_sees_the_sandboxs_environment_alone(
    engine: SandboxPulumi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    seen = engine.run(["env"], str(tmp_path), {"EXTRA": "1"}).stdout.splitlines()
    assert not any(line.startswith("AWS_PROFILE") for line in seen)
    assert {"EXTRA=1", "PULUMI_AUTOMATION_API=true"} <= set(seen)
    assert str(engine.version) == "3.259.0"


def test_failures_are_those_of_the_automation_api(engine: SandboxPulumi, tmp_path: Path) -> None:
    with pytest.raises(StackNotFoundError):
        engine.run(["lost"], str(tmp_path), {})
    lines: list[str] = []
    with pytest.raises(CommandError, match="on stderr"):
        engine.run(["fail"], str(tmp_path), {}, on_output=lines.append)
    assert lines == ["on stdout"]
    assert set(engine.seconds) == {"lost", "fail"}


def test_ctrl_c_asks_the_engine_to_finish_and_waits_for_it(engine: SandboxPulumi, tmp_path: Path) -> None:
    def interrupt_when_started() -> None:
        deadline = time.monotonic() + 20
        while not (tmp_path / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_when_started, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        engine.run(["up"], str(tmp_path), {})
    assert (tmp_path / "interrupted").read_text() == "cancelled\n"
    assert engine.memory_bytes() == 0
