"""fleet.json: what `canal-aws sandbox status` and `env --inside-vpc` read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class FleetState:
    """Written whole or not at all, so that a reader never sees half of it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, proxy: str, clusters: list[dict[str, Any]]) -> None:
        """`proxy`: URL of the way into the VPCs; `clusters`: Cluster.description() of each."""
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({"pid": os.getpid(), "proxy": proxy, "clusters": clusters}, indent=2) + "\n")
        new.replace(self._path)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
