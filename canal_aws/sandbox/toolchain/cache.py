"""The tools that this machine has already: one folder a tool and recipe, complete or not there at all.

Layout under the root (by default platformdirs' user cache for canal-aws, in toolchain/):

    tools/<tool>/<version>-<recipe>/<tool>, manifest.json     what is there and its sizes
    bin/<digest of all recipes>/<tool>               links, for PATH
    work/                                            half-made things; only ever used by the holder of the lock
    no-downloads                                     why official downloads were given up
    versions.json                                    what executables on PATH said their version is
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from canal_aws.sandbox.toolchain.pins import Tool, all_tools

_MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Entry:
    """A tool that is in the cache: its executable, and "release" or "built"."""

    path: Path
    source: str


class Cache:
    """The cache under `root`. Reading needs no lock: whatever is there is whole. Writing needs the toolchain's lock."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / "work"
        self.given_up = root / "no-downloads"
        self.versions = root / "versions.json"
        self.lock = root / "lock"
        self.lock_owner = root / "lock-owner"

    def folder(self, tool: Tool) -> Path:
        """One for each recipe: checkouts that build the same version differently would else displace each other's."""
        return self.root / "tools" / tool.name / f"{tool.version}-{recipe(tool)[:12]}"

    def find(self, tool: Tool) -> Entry | None:
        """The tool, if every file of its manifest has the size it had when it was put there.

        Sizes, not checksums: 0.5 GB would take a second to hash, and what happens to caches is truncation.
        """
        folder = self.folder(tool)
        try:
            manifest = json.loads((folder / _MANIFEST).read_text())
            whole = all((folder / name).stat().st_size == size for name, size in manifest["files"].items())
            source = str(manifest["source"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return Entry(folder / tool.name, source) if whole and tool.name in manifest["files"] else None

    def put(self, tool: Tool, made: Path, source: str) -> Entry:
        """Move the folder `made` (under `work`) into its place, with a manifest, in one rename."""
        sizes = {file.name: file.stat().st_size for file in sorted(made.iterdir())}
        manifest = {"tool": tool.name, "version": tool.version, "source": source}
        (made / _MANIFEST).write_text(json.dumps({**manifest, "files": sizes}, indent=1))
        place = self.folder(tool)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():  # rename does not replace a folder that holds something
            place.rename(self.temporary() / "replaced")
        made.replace(place)
        return Entry(place / tool.name, source)

    def temporary(self) -> Path:
        """A new empty folder on the cache's own disk, gone at the next `clear_temporary`."""
        self.work.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix="tmp-", dir=self.work))

    def clear_temporary(self) -> None:
        """Remove what this run, or one that was killed, left half-made. Needs the lock."""
        for left in self.work.glob("tmp-*"):
            shutil.rmtree(left, ignore_errors=True)

    def clear_work(self) -> None:
        """Remove everything that was only needed on the way. Needs the lock."""
        shutil.rmtree(self.work, ignore_errors=True)

    def link(self, name: str, target: Path) -> Path:
        """Make bin/<digest>/<name> lead to `target`; a run that looks at the same time sees the old link or the new."""
        folder = self.bin_folder()
        link = folder / name
        if link.is_symlink() and link.readlink() == target:
            return link
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{name}.{os.getpid()}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(link)
        return link

    def bin_folder(self) -> Path:
        """One for each set of pins, so that two checkouts with different pins share the cache in peace."""
        pins = ",".join(f"{tool.name}={self.folder(tool).name}" for tool in all_tools().values())
        return self.root / "bin" / hashlib.sha256(pins.encode()).hexdigest()[:12]

    def __contains__(self, path: Path) -> bool:
        return path.resolve().is_relative_to(self.root.resolve())


def recipe(tool: Tool) -> str:
    """A digest of everything that decides what a build gives, except the version of Go."""
    digest = hashlib.sha256("\n".join((tool.package, *tool.modules.linker_flags)).encode())
    for file in ("go.mod", "go.sum"):
        digest.update((tool.modules.folder / file).read_bytes())
    return digest.hexdigest()
