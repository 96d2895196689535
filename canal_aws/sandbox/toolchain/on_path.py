"""Tools that the user already has on PATH.

Pulumi's engine is taken when the installed SDK can drive it: the SDK's own minor line or newer, within the major
version. (The automation API itself would accept anything from 3.1 on, but the provider library and the language host
of this SDK speak the engine's current protocol.) An older one is refused rather than passed over, so that nobody
wonders which engine ran. The others are taken only at exactly the pinned version: a sandbox with another API server
than the tested one would prove something else.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from canal_aws.sandbox.toolchain import version
from canal_aws.sandbox.toolchain.cache import Cache
from canal_aws.sandbox.toolchain.errors import UnusablePulumiError
from canal_aws.sandbox.toolchain.pins import PULUMI_VERSION, Tool

OWN_TOOLS = "CANAL_AWS_OWN_TOOLS"
"""Set to 1, this environment variable makes the toolchain pass over whatever is on PATH."""


def find(tool: Tool, cache: Cache) -> tuple[Path, str] | None:
    """The executable on PATH that can be used as `tool`, and its version.

    Raises:
        UnusablePulumiError: the first `pulumi` on PATH is too old, of another major version, or does not run.
    """
    if os.environ.get(OWN_TOOLS) == "1":
        return None
    executable = first_on_path(tool.name, cache)
    if executable is None:
        return None
    found, said = _version(executable, tool, cache)
    if tool.newer_is_fine:
        _require_for_sdk(executable, found, said)
        return executable, found or ""
    return (executable, found) if found == tool.version else None


def first_on_path(name: str, cache: Cache) -> Path | None:
    """The first executable of that name on PATH that is not one of the cache's own (the sandbox puts them there)."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        candidate = Path(folder) / name
        if folder and candidate.is_file() and os.access(candidate, os.X_OK) and candidate not in cache:
            return candidate.absolute()
    return None


def sdk_version() -> str:
    """The version of the installed Pulumi SDK; the pinned one where its metadata are missing."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        return installed("pulumi")
    except PackageNotFoundError:
        return PULUMI_VERSION


def _require_for_sdk(executable: Path, found: str | None, said: str) -> None:
    sdk = sdk_version()
    way_out = f"Upgrade it, take it off PATH, or set {OWN_TOOLS}=1 to let the toolchain bring its own {PULUMI_VERSION}"
    has, wants = version.parse(found or ""), version.parse(sdk)
    if has is None:
        raise UnusablePulumiError(f"{executable} does not answer with a version ({said}). {way_out}")
    if wants is None:
        return
    if has[0] != wants[0] or has[:2] < wants[:2]:
        relation = "newer in its major version" if has[0] > wants[0] else "older"
        raise UnusablePulumiError(
            f"{executable} is Pulumi {found}, {relation} than what the installed SDK {sdk} needs "
            f"({wants[0]}.{wants[1]} or newer, below {wants[0] + 1}). {way_out}"
        )


def _version(executable: Path, tool: Tool, cache: Cache) -> tuple[str | None, str]:
    """Ask once for each file: starting eight executables would take longer than all the rest of `ensure`."""
    status = executable.stat()
    stamp = [str(executable.resolve()), status.st_size, status.st_mtime_ns, status.st_ino]
    key = str(executable)
    try:
        known = json.loads(cache.versions.read_text())
    except (OSError, ValueError):
        known = {}
    if isinstance(known, dict) and isinstance(known.get(key), dict) and known[key].get("stamp") == stamp:
        return str(known[key]["version"]), ""
    found, said = version.answer(executable, tool.version_arguments)
    if found is not None:
        _remember(cache, {**(known if isinstance(known, dict) else {}), key: {"stamp": stamp, "version": found}})
    return found, said


def _remember(cache: Cache, known: dict[str, object]) -> None:
    """Two runs may write at once: each replaces the whole file, and what is lost is asked again."""
    fresh = cache.versions.with_name(f".versions.{os.getpid()}")
    try:
        cache.root.mkdir(parents=True, exist_ok=True)
        fresh.write_text(json.dumps(known, indent=1))
        fresh.replace(cache.versions)
    except OSError:  # a memory that cannot be written costs time, nothing else
        fresh.unlink(missing_ok=True)
