"""`canal-aws demo` as a user meets it, on the real engine: a refusal, and an end in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.sandbox.fake_parts import FakeParts

pytestmark = pytest.mark.lifecycle

_DEMO = (sys.executable, "-m", "canal_aws", "demo")


@pytest.fixture
def users_sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A sandbox that runs already, where the demo would look for one."""
    sandbox = Sandbox(tmp_path / "canal" / "sandbox", FakeParts())
    sandbox.start()
    yield sandbox
    sandbox.reset(force=True)


def _environment(sandbox: Sandbox) -> dict[str, str]:
    return {**os.environ, "CANAL_AWS_SANDBOX": str(sandbox.folder.root)}


def test_a_refused_up_is_a_result_and_disturbs_no_other_sandbox(users_sandbox: Sandbox) -> None:
    before = users_sandbox.record()
    ran = subprocess.run(
        [*_DEMO, "native-routes", "--route-quota", "8", "--json", "-"],
        env=_environment(users_sandbox),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 1, ran.stderr
    (result,) = json.loads(ran.stdout)["architectures"]
    assert "L-93826ACB" in result["error"]
    assert result["leftovers"] == []
    assert "Traceback" not in ran.stdout + ran.stderr
    assert users_sandbox.record() == before
    assert users_sandbox.control().calls() == {}
    checkout = Path(__file__).parents[3]
    assert list(checkout.glob("Pulumi.demo-*.yaml")) == []


def test_ctrl_c_says_what_is_left_and_the_command_it_names_removes_it(users_sandbox: Sandbox) -> None:
    demo = subprocess.Popen(
        [*_DEMO, "flannel-vxlan"],
        env=_environment(users_sandbox),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    (own,) = _until(lambda: list(users_sandbox.folder.root.parent.glob("demo-*")))
    left = Sandbox(own / "sandbox")
    try:
        _until(lambda: [pid for _, pid in left.folder.update_locks()])
        demo.send_signal(signal.SIGINT)
        _, said = demo.communicate(timeout=180)
        assert demo.returncode == 130
        assert "demo-flannel-vxlan" in said
        assert f"CANAL_AWS_SANDBOX={own}/sandbox canal-aws sandbox reset" in said
        assert "Traceback" not in said
        assert left.record() is not None
        assert list(left.folder.update_locks()) == [], "the engine was not given the time to release its lock"
    finally:
        demo.kill()
        members = left.members()
        assert left.reset(force=True)
    assert not any(member.is_running() and member.status() != psutil.STATUS_ZOMBIE for member in members)


def _until(look: Callable[[], list[Any]], seconds: float = 90) -> list[Any]:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
    return found
