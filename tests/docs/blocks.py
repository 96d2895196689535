"""Fenced blocks of the guides, and the marks in their info strings that say what a test does with them.

The first word of an info string is the language, as GitHub reads it; what follows is ours:

    ```sh run=here            the script runs in the guide's folder, with canal-aws on PATH
    ```sh run=api             … with kubectl and a real API server (nodes are simulated)
    ```sh run=cni             … as root of a machine made of namespaces, with real CNI plugins
    ```yaml file=NAME         the content of a file that later blocks of the same guide use
    ```ini check=unit         a program judges the content (CHECKS in check.py); may stand beside file=
    ```text output            what the block before prints: these lines, in this order; … stands for anything
    ```sh not-run="why not"   not run, for that reason

Every block of a language has one of them. A figure is ```text (or mermaid) without a mark.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FIGURES = ("text", "mermaid")
MARKS = ("run", "file", "check", "output", "not-run")
RUNS = ("here", "api", "cni")
_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`]*)$")


class BadBlock(ValueError):
    """A block that the convention has no place for; the message names file and line."""


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is that of its opening fence; `marks` has a mark's value, "" where it has none."""

    path: Path
    line: int
    language: str
    marks: dict[str, str]
    text: str

    @property
    def where(self) -> str:
        return f"{self.path.relative_to(PROJECT)}:{self.line}"

    @property
    def run(self) -> str | None:
        return self.marks.get("run")

    @property
    def is_shell(self) -> bool:
        return self.language in ("sh", "bash")


def documents() -> list[Path]:
    """Every document that a reader is sent to."""
    return [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


def blocks_of(path: Path) -> list[Block]:
    """The blocks of a document, in order; raises BadBlock for what the convention does not know."""
    return list(_blocks(path, path.read_text().splitlines()))


def prose_of(path: Path) -> str:
    """The document without its fenced blocks, with as many lines."""
    kept, closing = [], None
    for line in path.read_text().splitlines():
        fence = _FENCE.match(line)
        if closing is None and fence:
            closing = fence["ticks"]
        elif closing is not None and line.strip() == closing:
            closing = None
        elif closing is None:
            kept.append(line)
            continue
        kept.append("")
    return "\n".join(kept)


def _blocks(path: Path, lines: list[str]) -> Iterator[Block]:
    start = 0
    while start < len(lines):
        fence = _FENCE.match(lines[start])
        if fence is None:
            start += 1
            continue
        where = f"{path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path}:{start + 1}"
        end = next((n for n in range(start + 1, len(lines)) if lines[n].strip() == fence["ticks"]), None)
        if end is None:
            raise BadBlock(f"{where}: the block has no end")
        indent = len(fence["indent"])
        body = "".join(f"{line[indent:] if not line[:indent].strip() else line}\n" for line in lines[start + 1 : end])
        language, marks = _info(fence["info"], where)
        yield Block(path, start + 1, language, marks, body)
        start = end + 1


def _info(info: str, where: str) -> tuple[str, dict[str, str]]:
    try:
        words = shlex.split(info)
    except ValueError as error:
        raise BadBlock(f"{where}: {info!r}: {error}") from error
    if not words or "=" in words[0]:
        raise BadBlock(f"{where}: the block names no language; a figure is ```text")
    marks = {name: value for name, _, value in (word.partition("=") for word in words[1:])}
    if unknown := [name for name in marks if name not in MARKS]:
        raise BadBlock(f"{where}: {', '.join(unknown)} is none of {', '.join(MARKS)}")
    if not marks and words[0] not in FIGURES:
        raise BadBlock(f'{where}: the block has no mark: run=, file=, check=, output, or not-run="reason"')
    if "run" in marks and marks["run"] not in RUNS:
        raise BadBlock(f"{where}: run={marks['run']} is none of {', '.join(RUNS)}")
    if "not-run" in marks and (len(marks) > 1 + ("check" in marks) or len(marks["not-run"].split()) < 2):
        raise BadBlock(f"{where}: not-run needs a reason in words, and goes with no other mark but check=")
    return words[0], marks
