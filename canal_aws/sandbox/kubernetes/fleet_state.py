"""fleet.json: what `canal-aws sandbox status` reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class FleetState:
    """Written whole or not at all, so that a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, clusters: list[dict[str, Any]]) -> None:
        """`clusters`: stack, state, api_port, pids, processes, nodes and notes of each."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"pid": os.getpid(), "clusters": clusters}, indent=2) + "\n")
        new.replace(self._path)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
