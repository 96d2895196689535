"""What version an executable says it is, and how versions compare."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

_VERSION = re.compile(r"\bv?(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?")
ANSWER_SECONDS = 20


def parse(text: str) -> tuple[int, int, int, bool] | None:
    """The first version in `text` as (major, minor, patch, is a release); None where there is none.

    A pre-release such as 3.259.0-alpha.1 sorts before its release (semver.org, 11).
    """
    found = _VERSION.search(text)
    if found is None:
        return None
    major, minor, patch, suffix = found.groups()
    return int(major), int(minor), int(patch), not suffix


def answer(executable: Path, arguments: Sequence[str]) -> tuple[str | None, str]:
    """Ask an executable for its version.

    Returns:
        The version without "v", or None where it gave none, and the first line of what it said instead.
    """
    # The engine would otherwise go and ask the network for a newer release of itself.
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "1", "GOTOOLCHAIN": "local"}
    try:
        done = subprocess.run(
            [executable, *arguments],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=ANSWER_SECONDS,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer in {ANSWER_SECONDS} s"
    except OSError as error:
        return None, str(error)
    said = (done.stdout + done.stderr).strip() or f"exit status {done.returncode} and no output"
    found = _VERSION.search(done.stdout) if done.returncode == 0 else None
    return (found.group(0).removeprefix("v") if found else None), said.splitlines()[0]
