"""`canal-aws preflight` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


def preflight(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with nothing in its environment that leads to AWS."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return subprocess.run(
        [sys.executable, "-m", "canal_aws", "preflight", *arguments],
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
