"""`canal-aws preflight` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from canal_aws.commands.preflight import app


def preflight(*arguments: str) -> subprocess.CompletedProcess[str]:
    return command("preflight", *arguments)


def command(*words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A command in a process of its own, with nothing in its environment that leads to AWS; `path` is looked in first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    if path:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "canal_aws", *words],
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["--set", 'apiAllowedCidrs=["203.0.113.0/24"]'], 0),
        (["--set", 'apiAllowedCidrs=["0.0.0.0/0"]', "--strict"], 1),
        (["--set", "architecture=vxlan"], 10),
        (["--set", "architecture"], 2),
        (["--config", "no-such-file.yaml"], 2),
    ],
)
def test_exit_statuses(arguments: list[str], status: int) -> None:
    done = preflight("--inputs-only", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_reports_are_written_beside_the_json(tmp_path: Path) -> None:
    junit, sarif = tmp_path / "junit.xml", tmp_path / "preflight.sarif"
    settings = ("--set", "architecture=flannel-vxlan")
    done = preflight("--inputs-only", *settings, "--json", "--junit", str(junit), "--sarif", str(sarif))
    assert json.loads(done.stdout)["exitStatus"] == done.returncode == 10
    assert "apiAllowedCidrs" in junit.read_text()
    assert json.loads(sarif.read_text())["version"] == "2.1.0"


def test_without_a_region_it_says_how_to_give_one() -> None:
    done = preflight("--set", 'apiAllowedCidrs=["203.0.113.0/24"]')
    assert done.returncode == 2
    assert "--inputs-only" in done.stderr


NO_SUCH_STACK = """#!/bin/sh
case "$1" in
whoami) echo '{"user": "someone", "url": "https://api.pulumi.com"}' ;;
*) echo "error: no stack named 'nosuch' found" >&2; exit 255 ;;
esac
"""


@pytest.mark.parametrize("words", [["preflight"], ["preflight", "--destroy"], ["doctor"]])
def test_a_stack_that_is_not_there_is_bad_input(tmp_path: Path, words: list[str]) -> None:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(NO_SUCH_STACK)
    pulumi.chmod(0o755)
    done = command(*words, "--stack", "nosuch", path=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "no stack named 'nosuch' found" in done.stderr


@pytest.mark.parametrize("words", [["preflight", "--inputs-only", "--set", "topology=private"], ["doctor"]])
@pytest.mark.parametrize("option", ["--junit", "--sarif"])
def test_a_report_for_a_folder_that_is_not_there_is_refused_first(
    tmp_path: Path, words: list[str], option: str
) -> None:
    done = command(*words, option, str(tmp_path / "nowhere" / "report"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no folder" in done.stderr


@pytest.mark.parametrize("option", ["--junit", "--sarif"])
def test_a_report_that_cannot_be_written_is_said(option: str) -> None:
    done = preflight("--inputs-only", "--set", 'apiAllowedCidrs=["203.0.113.0/24"]', option, "/dev/full")
    assert done.returncode == 2
    assert f"canal-aws: {option} /dev/full: No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--destroy", "--config", "plan.yaml"], "not go with --config"),
        (["--destroy", "--set", "topology=public"], "not go with --set"),
        (["--destroy", "--delete", "--yes", "--region", "us-east-1"], "not go with --region"),
        (["--destroy", "--inputs-only"], "not go with --inputs-only"),
        (["--delete"], "--delete goes with"),
        (["--destroy", "--yes"], "nothing else asks"),
        (["--inputs-only", "--yes"], "nothing else asks"),
        (["--nodes", "3", "--yes"], "nothing else asks"),
        (["--nodes", "3", "--request-increase", "L-93826ACB"], "not go with --request-increase"),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert words in done.stderr
