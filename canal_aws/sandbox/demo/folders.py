"""The folders of demos: each run has its own, and what an earlier one left for reading does not pile up."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

from canal_aws.sandbox import processes
from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.sandbox.state import ProcessRecord, default_folder

_PREFIX = "demo-"
_OWNER = "owner.json"


def new() -> Path:
    """A fresh folder beside the user's sandbox, marked as this process's. Folders of demos that are over go."""
    parent = default_folder().parent
    parent.mkdir(parents=True, exist_ok=True)
    for earlier in parent.glob(_PREFIX + "*"):
        if _over(earlier):
            shutil.rmtree(earlier, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    this = ProcessRecord("demo", os.getpid(), processes.started(os.getpid()))
    (folder / _OWNER).write_text(json.dumps(asdict(this)), encoding="utf-8")
    return folder


def discard_unstarted(folder: Path) -> None:
    """A sandbox that did not start leaves its logs, which the error names; without any it leaves nothing."""
    if not (folder / "sandbox" / "logs").is_dir():
        shutil.rmtree(folder, ignore_errors=True)


def _over(folder: Path) -> bool:
    """Whether neither the demo nor its sandbox runs; False where that cannot be known."""
    try:
        owner = ProcessRecord(**json.loads((folder / _OWNER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return False
    return not processes.alive(owner) and not Sandbox(folder / "sandbox").members()
