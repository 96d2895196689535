"""`ensure`: every tool that is asked for, from wherever it can be had first.

The order for each: PATH, the cache, the official release, the pinned Go modules. When everything is there nothing is
locked, started or written (a few dozen `stat` calls). Otherwise one run at a time works, the others wait and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from canal_aws.progress import Progress, Silent
from canal_aws.sandbox.toolchain import on_path
from canal_aws.sandbox.toolchain.cache import Cache, Entry
from canal_aws.sandbox.toolchain.errors import ToolchainError, disk_errors_said
from canal_aws.sandbox.toolchain.pins import Tool, all_tools, names_for

_LINKS_BYTES = 1_000_000


@dataclass(frozen=True)
class Located:
    """A tool that is ready: `source` is "PATH", "release" or "built"."""

    name: str
    version: str
    path: Path
    source: str


@dataclass(frozen=True)
class Toolchain:
    """The tools that were asked for. `bin_dir` holds a link to each under its plain name: put it first on PATH."""

    tools: Mapping[str, Located]
    bin_dir: Path

    def path(self, name: str) -> Path:
        """The executable of that name.

        Raises:
            ToolchainError: it was not among the names given to `ensure`.
        """
        try:
            return self.tools[name].path
        except KeyError:
            raise ToolchainError(f"{name!r} is not in this toolchain: it has {', '.join(self.tools)}") from None

    @property
    def brings_language_host(self) -> bool:
        """Whether Pulumi's own Python language host lies beside the engine, as official releases have it."""
        return (self.path("pulumi").resolve().parent / "pulumi-language-python").exists()


def default_root() -> Path:
    """Where the tools are kept: toolchain/ in the user's cache folder for canal-aws (respects XDG_CACHE_HOME)."""
    from platformdirs import user_cache_path

    return user_cache_path("canal-aws") / "toolchain"


def ensure(
    names: Iterable[str] | None = None, progress: Progress | None = None, *, root: Path | None = None
) -> Toolchain:
    """Make the named tools ready, or all that the sandbox runs; what only tests need is made when it is named.

    Args:
        names: executables, such as "pulumi" or "kube-apiserver-1.35".
        progress: told of every download, build and wait.
        root: another folder than `default_root()`.

    Raises:
        ToolchainError: an unknown name, an unusable `pulumi` on PATH, a failed build, a full disk, no Go.
    """
    known = all_tools()
    wanted = names_for("sandbox") if names is None else list(dict.fromkeys(names))
    if unknown := [name for name in wanted if name not in known]:
        raise ToolchainError(f"no such tool: {', '.join(unknown)}. There are {', '.join(known)}")
    cache = Cache(root or default_root())
    progress = progress or Silent()
    tools = [known[name] for name in wanted]

    found = {tool.name: located for tool in tools if (located := _find(tool, cache))}
    missing = [tool for tool in tools if tool.name not in found]
    if missing:
        found |= _prepare(missing, cache, progress)
    with disk_errors_said(cache.root, _LINKS_BYTES):
        for located in found.values():
            cache.link(located.name, located.path)
    return Toolchain({name: found[name] for name in wanted}, cache.bin_folder())


def _find(tool: Tool, cache: Cache) -> Located | None:
    if on := on_path.find(tool, cache):
        return Located(tool.name, on[1], on[0], "PATH")
    entry = cache.find(tool)
    return _located(tool, entry) if entry else None


def _located(tool: Tool, entry: Entry) -> Located:
    return Located(tool.name, tool.version, entry.path, entry.source)


def _prepare(tools: list[Tool], cache: Cache, progress: Progress) -> dict[str, Located]:
    """Download or build what is missing, alone."""
    from canal_aws.sandbox.toolchain import build, golang, release

    with _alone(cache, ", ".join(tool.name for tool in tools), progress):
        cache.clear_temporary()
        ready = {tool.name: entry for tool in tools if (entry := cache.find(tool))}
        for tool in tools:
            if tool.name not in ready and (entry := release.download(tool, cache, progress)):
                ready[tool.name] = entry
        missing = [tool for tool in tools if tool.name not in ready]
        if missing:
            sets = list(dict.fromkeys(tool.modules for tool in missing))
            build.require_space(sets, cache)
            go = golang.find(cache, progress)
            for modules in sets:
                of_set = [tool for tool in missing if tool.modules == modules]
                ready |= build.build(modules, of_set, go, cache, progress)
        cache.clear_work()
    return {tool.name: _located(tool, ready[tool.name]) for tool in tools}


@contextmanager
def _alone(cache: Cache, purpose: str, progress: Progress) -> Iterator[None]:
    """Hold the toolchain's lock, which the kernel lets go of when its holder dies in whatever way."""
    from filelock import FileLock, Timeout

    with disk_errors_said(cache.root, _LINKS_BYTES):
        cache.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(cache.lock)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            owner = cache.lock_owner.read_text() if cache.lock_owner.exists() else "another run"
            with progress.step(f"waiting for {owner}"):
                lock.acquire(poll_interval=0.2)
    try:
        with disk_errors_said(cache.root, _LINKS_BYTES):
            cache.lock_owner.write_text(f"process {os.getpid()}, which prepares {purpose}")
        yield
    finally:
        lock.release()
