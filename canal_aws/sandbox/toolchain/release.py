"""Official releases: downloaded, compared with their published SHA-256, unpacked.

Many machines reach package registries and nothing else. So the first failure, noticed within three seconds, ends all
downloads for good: a file in the cache says why and when, and removing it (or `--retry-downloads`) allows them again.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import queue
import shutil
import tarfile
import threading
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from canal_aws.progress import Progress
from canal_aws.sandbox.toolchain.cache import Cache, Entry
from canal_aws.sandbox.toolchain.errors import disk_errors_said
from canal_aws.sandbox.toolchain.pins import Release, Tool

ANSWER_SECONDS = 3.0
"""How long a server may take to answer, and how long a download may stand still."""

_CHUNK = 1 << 20
_DISK_BYTES = 500_000_000  # the largest release, packed and unpacked


class _Unusable(Exception):
    """The download came, but must not be used."""


def download(tool: Tool, cache: Cache, progress: Progress) -> Entry | None:
    """Put the official release of `tool` into the cache; None where there is none or downloads were given up.

    Raises:
        DiskFullError: no room for it. That is not a failure of the network, so it is not remembered.
    """
    if tool.release is None or cache.given_up.exists():
        return None
    with disk_errors_said(cache.root, _DISK_BYTES):
        folder = cache.temporary()
        made = folder / "made"
        made.mkdir()
        try:
            with progress.step(f"downloading {tool.name} {tool.version} (else it is built)"):
                wanted = _published_sha256(tool.release)
                packed = folder / tool.release.file_name
                _fetch(tool.release.url, packed, wanted)
            if tool.release.folder is None:
                packed.chmod(0o755)
                packed.rename(made / tool.name)
            else:
                _unpack(packed, tool.release.folder, made)
            if not (made / tool.name).is_file():
                raise _Unusable(f"{tool.release.url} holds no {tool.name}")
        except (OSError, http.client.HTTPException, tarfile.TarError, ValueError, _Unusable) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise
            _give_up(cache, tool.release, error)
            return None
        return cache.put(tool, made, "release")


def _give_up(cache: Cache, release: Release, error: Exception) -> None:
    reason = str(error) or type(error).__name__
    cache.given_up.write_text(
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC: {release.url}: {reason}\n"
        "Official releases are no longer tried; the tools are built from Go modules. Remove this file to try again.\n"
    )


def _published_sha256(release: Release) -> str:
    text = _open(release.checksums_url).read(1 << 20).decode("ascii", "replace")
    for line in text.splitlines():
        words = line.split()
        if words and (len(words) == 1 or words[-1].lstrip("*./") == release.file_name):
            return str(words[0]).lower()
    raise _Unusable(f"{release.checksums_url} has no line for {release.file_name}")


def _fetch(url: str, target: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with _open(url) as answer, target.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != sha256:
        raise _Unusable(f"SHA-256 {digest.hexdigest()}, published is {sha256}")


def _open(url: str) -> Any:
    """The open answer. In a thread of its own, since nothing bounds how long a name lookup takes."""
    answers: queue.Queue[Any] = queue.Queue()

    def ask() -> None:
        try:
            answers.put(urllib.request.urlopen(url, timeout=ANSWER_SECONDS))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS)
    except queue.Empty:
        raise TimeoutError(f"no answer in {ANSWER_SECONDS:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _unpack(packed: Path, folder: str, target: Path) -> None:
    """Write the executables of one folder of the archive; names with anything but that folder in them are left out."""
    with tarfile.open(packed) as archive:
        for member in archive:
            parent, _, name = member.name.removeprefix("./").rpartition("/")
            content = archive.extractfile(member) if member.isreg() and parent == folder else None
            if content is None or not member.mode & 0o100:
                continue
            with content, (target / name).open("wb") as file:
                shutil.copyfileobj(content, file, _CHUNK)
            (target / name).chmod(0o755)
