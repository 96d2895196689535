"""What can go wrong while the tools are fetched or built, each with its way out."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from canal_aws.errors import CanalError


class ToolchainError(CanalError):
    """A tool can be neither found, nor downloaded, nor built."""


class UnusablePulumiError(ToolchainError):
    """The `pulumi` on PATH is not one that the installed SDK can drive."""


class BuildFailedError(ToolchainError):
    """Go ended with an error; the message ends with its last lines."""


class DiskFullError(ToolchainError):
    """The disk that holds the cache ran full, or would.

    Args:
        folder: where the space is needed.
        needed: bytes that the whole work needs there.
        free: bytes free there now, with what was given back.
    """

    def __init__(self, folder: Path, needed: int, free: int) -> None:
        super().__init__(
            f"the disk under {folder} is full: preparing the tools needs {gigabytes(needed)} free there "
            f"(most of it only while they are built), {gigabytes(free)} are. Free some space, or point "
            "XDG_CACHE_HOME at a larger disk, and run the same command again"
        )
        self.folder = folder
        self.needed = needed


def gigabytes(size: int) -> str:
    """`size` bytes in GB (10^9 bytes) with one decimal, as disk tools show it."""
    return f"{size / 1e9:.1f} GB"


@contextmanager
def disk_errors_said(folder: Path, needed: int) -> Iterator[None]:
    """Turn what a full or unwritable disk raises in the block into `DiskFullError` and `ToolchainError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError(folder, needed, free_bytes(folder)) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise ToolchainError(
                f"the cache {folder} cannot be written: {error}. Make it writable, or point XDG_CACHE_HOME "
                "at a folder that is"
            ) from error
        raise


def free_bytes(folder: Path) -> int:
    """Bytes that an ordinary user can still write on the disk of `folder`, which need not exist yet."""
    import shutil

    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
