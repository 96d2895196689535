"""Writing a kubeconfig: the owner's alone from its first moment, and never half-written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from canal_aws.day_two.errors import Refused


def write(text: str, file: Path) -> None:
    """Put `text` in `file` with mode 0600, in the place of what was there. Refused where the folder does not take it.

    A link is followed, so that what it leads to is replaced and not the link.
    """
    target = file.expanduser().resolve()
    if target.is_dir():
        raise Refused(f"--output {file}: a folder; name a file in it")
    name = ""
    try:
        # mkstemp makes its file with mode 0600; in the same folder, since a rename is atomic within one file system only.
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        with os.fdopen(handle, "w", encoding="utf-8") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(target)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise Refused(f"--output {file}: {error.strerror}; name a file in a folder that you may write to") from None
