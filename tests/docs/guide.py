"""Reads a guide as a careful reader would: writes its files, runs its scripts in order, compares what they print."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.blocks import Block
from tests.docs.shells import Ran, Shell

HOME = "root"  # the folder in which scripts start, below the guide's /


@dataclass
class Guide:
    """One guide's run. `root` stands for / in the paths of its files; `shell` gives the place for a run= mark."""

    root: Path
    shell: Callable[[str], Shell]
    _last: tuple[Block, Ran] | None = field(default=None, init=False)

    def follow(self, block: Block) -> None:
        """Do what the block's marks say; AssertionError, with the place and all output, where it does not hold."""
        if "file" in block.marks:
            self._write(block)
        elif block.run:
            ran = self.shell(block.run).run(block.text)
            assert ran.status == 0, f"{block.where} ended with {ran.status}:\n{block.text}---\n{ran.output}"
            self._last = block, ran
        elif "output" in block.marks:
            assert self._last, f"{block.where}: no block that was run stands before this output"
            before, ran = self._last
            missing = first_missing(block.text, ran.output)
            assert missing is None, f"{block.where}: {before.where} does not print {missing!r} there:\n{ran.output}"

    def _write(self, block: Block) -> None:
        path = self.root / HOME / block.marks["file"].lstrip("/")
        if block.marks["file"].startswith("/"):
            path = self.root / block.marks["file"].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)


def first_missing(expected: str, output: str) -> str | None:
    """The first line of `expected` that does not follow, in order, in `output`; widths of columns do not count.

    … stands for anything within a line, and alone for any number of lines.
    """
    lines = iter(" ".join(line.split()) for line in output.splitlines())
    for line in expected.splitlines():
        wanted = " ".join(line.split())
        if wanted in ("", "…"):
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in wanted.split("…")))
        if not any(pattern.fullmatch(found) for found in lines):
            return wanted
    return None
