"""Files that a command writes beside what it prints: refused before its work where that can be known, never a traceback."""

from __future__ import annotations

from pathlib import Path

import typer

from canal_aws.errors import CanalError


class NotWritten(CanalError):
    """A file or folder that was asked for cannot be written."""


def in_a_folder(file: Path | None) -> Path | None:
    """As an option's callback: the file; typer.BadParameter where there is no folder to write it into."""
    if file is not None and not file.absolute().parent.is_dir():
        raise typer.BadParameter(f"{file}: there is no folder {file.parent}; make it, or name a file elsewhere")
    return file


def write(option: str, file: Path, text: str) -> None:
    """Put `text` into the file that `option` names; NotWritten where it does not take it."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise NotWritten(f"{option} {file}: {error.strerror}; name one that you may write to") from None


def make_folder(option: str, folder: Path) -> None:
    """Make the folder that `option` names, and those above it, where they are not there; NotWritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(f"{option} {folder}: {error.strerror}; name a folder that you may make") from None
