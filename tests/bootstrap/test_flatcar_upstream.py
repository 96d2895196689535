"""Flatcar's user data before the eyes of upstream's own programs: Butane and Ignition's validator."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from canal_aws.bootstrap import readable, user_data
from canal_aws.sandbox.toolchain import ensure
from tests.bootstrap.ignition_reader import meaning, replaced
from tests.bootstrap.specs import PLANNED, spec

pytestmark = pytest.mark.component

CASES = [
    (role, {"operating_system": "flatcar", "cpu_architecture": cpu_architecture, **plan})
    for role in ("control-plane", "worker")
    for cpu_architecture, plan in (("amd64", {}), ("arm64", PLANNED))
]


@pytest.fixture(scope="module")
def upstream() -> Path:
    """The folder of both programs; builds them where they are not cached."""
    return ensure(["butane", "ignition-validate"]).bin_dir


def _butane(upstream: Path, text: str) -> dict[str, Any]:
    done = subprocess.run([upstream / "butane", "--strict"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    compiled: dict[str, Any] = json.loads(done.stdout)
    return compiled


def _validate(upstream: Path, config: bytes) -> None:
    """Neither an error nor a warning: unknown keys and unreadable data URLs are among what it reports."""
    done = subprocess.run([upstream / "ignition-validate", "-"], input=config, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(("role", "changes"), CASES)
def test_butane_makes_the_same_of_what_people_read(upstream: Path, role: str, changes: dict[str, Any]) -> None:
    theirs = _butane(upstream, readable(spec(role, **changes)))
    assert meaning(theirs) == meaning(replaced(user_data(spec(role, **changes))))


@pytest.mark.parametrize(("role", "changes"), CASES)
def test_ignition_accepts_what_ec2_is_given_and_what_that_holds(
    upstream: Path, role: str, changes: dict[str, Any]
) -> None:
    given = user_data(spec(role, **changes))
    _validate(upstream, given)
    _validate(upstream, json.dumps(replaced(given)).encode())


def test_butane_writes_the_same_replacement(upstream: Path) -> None:
    """Flatcar's own compiler, asked for a configuration in the place of this one, packs it the same way."""
    given = user_data(spec("worker", operating_system="flatcar"))
    inner = json.dumps(replaced(given))
    source = {"variant": "flatcar", "version": "1.1.0", "ignition": {"config": {"replace": {"inline": inner}}}}
    theirs = _butane(upstream, json.dumps(source))
    ours = json.loads(given)
    assert theirs["ignition"]["config"]["replace"].pop("source").startswith("data:;base64,")
    assert ours["ignition"]["config"]["replace"].pop("source").startswith("data:;base64,")
    assert theirs == ours
    assert replaced(json.dumps(_butane(upstream, json.dumps(source))).encode()) == replaced(given)


def test_the_validator_would_tell(upstream: Path) -> None:
    """What the two tests above lean on: it reads data URLs and knows the keys."""
    examples: tuple[dict[str, Any], ...] = (
        {"storage": {"files": [{"path": "/a", "contents": {"source": "data:,a b"}}]}},
        {"storage": {"files": [{"path": "/a", "contents": {"source": "data:,a", "compression": "xz"}}]}},
        {"storage": {"files": [{"path": "a"}]}},
        {"storage": {"file": []}},
    )
    for broken in examples:
        config = json.dumps({"ignition": {"version": "3.4.0"}, **broken})
        done = subprocess.run([upstream / "ignition-validate", "-"], input=config, capture_output=True, text=True)
        assert done.stdout + done.stderr != "", broken
