"""An embedded AWS in a process of its own, and the provider driven as the engine would drive it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from canal_aws.sandbox.control import Control
from tests.sandbox.providers.aws.engine import Engine

DEADLINE = 60.0


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an embedded AWS that this session has for itself."""
    state = tmp_path_factory.mktemp("aws")
    root = Path(__file__).parents[4]
    process = subprocess.Popen(
        [sys.executable, "-m", "canal_aws.sandbox.aws", "--port", "0", "--state", str(state)],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"PYTHONPATH": str(root)},
    )
    try:
        yield _ready(process, state / "aws.json")
    finally:
        process.terminate()
        process.wait(timeout=10)


def _ready(process: subprocess.Popen[bytes], described: Path) -> str:
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the embedded AWS ended: {process.stdout and process.stdout.read()!r}"
        try:
            url = f"http://127.0.0.1:{json.loads(described.read_text())['port']}"
            urllib.request.urlopen(f"{url}/_canal/ready", timeout=2).close()
            return url
        except (OSError, ValueError):
            time.sleep(0.1)
    raise AssertionError(f"the embedded AWS was not ready after {DEADLINE:.0f} s")


@pytest.fixture(scope="module")
def engine(endpoint: str) -> Engine:
    """A configured provider, on an account in which no other module's VPCs count."""
    Control(endpoint).reset()
    driven = Engine(endpoint)
    driven.configure()
    return driven
