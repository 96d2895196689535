"""Programs that nobody here wrote, and that judge manifests: checkov and kubernetes-validate, pinned in checkers.lock.

In a virtual environment of their own, in the user's cache: checkov wants a boto3 of its own choosing. Made once, in about
45 s, from the package index that uv is set up for; neither program uses the network when it runs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_LOCK = Path(__file__).with_name("checkers.lock")
_INSTALL_SECONDS = 600


def checker(name: str) -> Path:
    """The program of that name; skips where its environment is not there and cannot be made."""
    folder = _folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Whoever comes second waits; a half-made one never has the final name.
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _make(folder)
    return folder / "bin" / name


def _folder() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    contents = hashlib.sha256(_LOCK.read_bytes() + sys.version.encode()).hexdigest()
    return cache / "canal-aws" / "checkers" / contents[:12]


def _make(folder: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    shutil.rmtree(folder, ignore_errors=True)
    commands: tuple[list[str | Path], ...] = (
        [uv, "venv", "--quiet", "--python", sys.executable, folder],
        [uv, "pip", "install", "--quiet", "--require-hashes", "--python", folder / "bin" / "python", "-r", _LOCK],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"checkov and kubernetes-validate cannot be installed here: {done.stderr.strip()[-300:]}")
