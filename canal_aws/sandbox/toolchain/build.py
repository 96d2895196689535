"""Building a set of tools from its pinned Go modules.

Go's downloads and its build cache go to a folder of ours and are removed after each set: up to 4 GB that nobody needs
again. (Sets share little but the standard library, half a minute.) Who sets GOMODCACHE or GOCACHE, as a CI that keeps
them does, has them used and left alone. After an error or a kill ours stay, so that the next run goes on from there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from canal_aws.progress import Progress
from canal_aws.sandbox.toolchain import version
from canal_aws.sandbox.toolchain.cache import Cache, Entry
from canal_aws.sandbox.toolchain.errors import BuildFailedError, DiskFullError, disk_errors_said, free_bytes
from canal_aws.sandbox.toolchain.golang import Go
from canal_aws.sandbox.toolchain.pins import ModuleSet, Tool

# What decides where modules come from and how much of the machine Go takes is the user's business; all other GO*
# variables (GOFLAGS, GOOS, GOEXPERIMENT …) would make the result differ from one machine to the next.
_ORIGIN = ("GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOAUTH", "GOINSECURE", "GOENV")
_MEANS = ("GOMODCACHE", "GOCACHE", "GOMAXPROCS", "GOMEMLIMIT", "GOGC")
_KEPT = frozenset((*_ORIGIN, *_MEANS))
_NO_SPACE = "no space left on device"
_LAST_LINES = 12


def build(modules: ModuleSet, tools: Sequence[Tool], go: Go, cache: Cache, progress: Progress) -> dict[str, Entry]:
    """Build `tools`, all of the set `modules`, and put them into the cache.

    Raises:
        BuildFailedError: Go failed, or a result does not answer with its pinned version.
        DiskFullError: there is too little room, before or during the build.
    """
    names = ", ".join(tool.name for tool in tools)
    minutes = max(1, round(modules.seconds / 60))
    with disk_errors_said(cache.root, modules.build_bytes):
        folder = cache.temporary()
        out, log = folder / "out", folder / "log"
        out.mkdir()
        with progress.step(f"building {modules.title}: {names} (about {minutes} min the first time)"):
            _go_build(modules, tools, go, cache, out, log)
        entries = {}
        for tool in tools:
            made = folder / tool.name
            made.mkdir()
            (out / _output_name(tool.package)).rename(made / tool.name)
            found, said = version.answer(made / tool.name, tool.version_arguments)
            if found != tool.version:
                raise BuildFailedError(f"the {tool.name} just built answers {found or said!r}, not {tool.version}")
            entries[tool.name] = cache.put(tool, made, "built")
    remove_go_caches(cache)
    return entries


def require_space(sets: Sequence[ModuleSet], cache: Cache) -> None:
    """Refuse to begin what cannot end for want of disk. A build that goes on from an earlier one is let through."""
    needed = max(modules.build_bytes for modules in sets)
    free = free_bytes(cache.root)
    if free < needed and not _module_cache(cache).exists():
        raise DiskFullError(cache.root, needed, free)


def remove_go_caches(cache: Cache) -> None:
    """Remove what Go downloaded and compiled on the way, where it is ours."""
    for folder in (_module_cache(cache), _build_cache(cache), cache.work / "go-path"):
        shutil.rmtree(folder, ignore_errors=True)


def _module_cache(cache: Cache) -> Path:
    return cache.work / "go-modules"


def _build_cache(cache: Cache) -> Path:
    return cache.work / "go-build"


def _go_build(modules: ModuleSet, tools: Sequence[Tool], go: Go, cache: Cache, out: Path, log: Path) -> None:
    command = [
        *_die_with_us(),
        str(go.path),
        "build",
        "-o",
        f"{out}/",
        "-gcflags=all=-dwarf=false",  # the linker would drop it again: a tenth of the time, a fifth of the disk
        f"-ldflags={' '.join(modules.linker_flags)}",
        *(tool.package for tool in tools),
    ]
    with log.open("wb") as output:
        done = subprocess.run(
            command,
            cwd=modules.folder,
            env=environment(go, cache, out.parent),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if done.returncode == 0:
        return
    said = log.read_text(errors="replace")
    if _NO_SPACE in said.lower():
        remove_go_caches(cache)  # a full disk is everybody's trouble: give back what is ours
        shutil.rmtree(out.parent, ignore_errors=True)
        raise DiskFullError(cache.root, modules.build_bytes, free_bytes(cache.root))
    raise BuildFailedError(_explained(modules, go, done.returncode, said))


def environment(go: Go, cache: Cache, temporary: Path) -> dict[str, str]:
    """What Go sees: this machine's settings for downloads, ours for everything else."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GO", "CGO_")) or key in _KEPT}
    ours = {
        "GOFLAGS": "-mod=readonly -trimpath -modcacherw -buildvcs=false",
        "GOTOOLCHAIN": "local",  # never another Go than the one that was chosen
        "GOWORK": "off",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",  # static executables, and no C compiler needed
        "GOPATH": str(cache.work / "go-path"),
        "GOTMPDIR": str(temporary),
        "PATH": f"{go.path.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    caches = {"GOMODCACHE": str(_module_cache(cache)), "GOCACHE": str(_build_cache(cache))}
    return {**caches, **kept, **ours}


def _die_with_us() -> list[str]:
    """A prefix that ends Go when this process is killed, so that no orphan builds on for minutes."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _output_name(package: str) -> str:
    """The name `go build` gives an executable: the import path's last element that is no major version."""
    elements = package.split("/")
    return elements[-2] if re.fullmatch(r"v[0-9]+", elements[-1]) else elements[-1]


def _explained(modules: ModuleSet, go: Go, status: int, said: str) -> str:
    lines = [line for line in said.strip().splitlines() if not line.startswith("go: downloading ")]
    way_out = "Run the same command again to go on from there"
    if re.search(r"dial tcp|no such host|i/o timeout|connection refused|TLS handshake", said):
        way_out = f"Go's module proxy cannot be reached: check the network or GOPROXY. {way_out}"
    elif status < 0 or "signal: killed" in said:
        way_out = f"It was killed, most often for want of memory (3 GB are needed). {way_out}"
    last = "\n".join(lines[-_LAST_LINES:])
    return f"building {modules.title} with Go {go.version} ({go.path}) failed. {way_out}\n{last}"
