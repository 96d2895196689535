"""Debian's packages for programs that few machines have: fetched with apt, unpacked in the cache, installed nowhere."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from platformdirs import user_cache_path

_SECONDS = 120


def unpacked(name: str, packages: Sequence[str], finish: Callable[[Path], None] = lambda made: None) -> Path:
    """The / of these packages, kept under `name`; `finish` does what their installation would have. Skips, saying why."""
    cache = user_cache_path("canal-aws") / "test-packages" / name
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        root = cache / "root"
        if not root.exists():
            if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
                pytest.skip(f"this machine has no {name}, and no apt to fetch it with")
            made = _fetch(cache, name, packages)
            finish(made)
            made.replace(root)
    return root


def _fetch(cache: Path, name: str, packages: Sequence[str]) -> Path:
    folder, made = cache / "packages", cache / "unpacking"
    for old in (folder, made):
        shutil.rmtree(old, ignore_errors=True)
    folder.mkdir()
    done = _apt(folder, "download", *packages)
    if done.returncode != 0:
        # No lists on this machine, or old ones: lists of our own, which need no root.
        own = [f"-oDir::State={cache}/apt", f"-oDir::Cache={cache}/apt", "-oAPT::Sandbox::User="]
        (cache / "apt/lists/partial").mkdir(parents=True, exist_ok=True)
        _apt(folder, *own, "update")
        done = _apt(folder, *own, "download", *packages)
    if done.returncode != 0:
        pytest.skip(f"apt cannot fetch {name}: {done.stderr.strip().splitlines()[-1]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, made], check=True, timeout=_SECONDS)
    return made


def _apt(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["apt-get", *arguments], cwd=folder, capture_output=True, text=True, timeout=_SECONDS)
