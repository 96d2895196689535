"""A state in a folder (file://): where its files are, and those that a kill left half-written.

The engine's file driver (gocloud.dev/blob/fileblob) puts a file in its place at once, but not the `.attrs` file beside it, which
it makes empty and then fills. A kill in between leaves an empty one, and from then on every command on the stack ends
with "failed to load checkpoint: EOF". The attributes say nothing that the engine needs: without the file all is well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SCHEME = "file://"
_ATTRIBUTES = ".attrs"
_SUFFIXES = (_ATTRIBUTES, ".bak", ".gz", ".zst", ".json")


def root(backend: str) -> Path | None:
    """The folder of a file:// backend; None for any other."""
    if not backend.startswith(_SCHEME):
        return None
    path = urlsplit(backend).path if backend.startswith("file:///") else backend.removeprefix(_SCHEME)
    return Path(unquote(path)).expanduser() / ".pulumi"


def half_written(backend: str) -> Iterator[tuple[Path, str]]:
    """Attribute files that cannot be read, of states and locks, each with its stack as organization/project/stack."""
    folder = root(backend)
    if folder is None:
        return
    for file in sorted((folder / "stacks").glob(f"*/*{_ATTRIBUTES}")):
        if not _readable(file):
            yield file, f"organization/{file.parent.name}/{_stem(file.name)}"
    for file in sorted((folder / "locks").glob(f"*/*/*/*{_ATTRIBUTES}")):
        if not _readable(file):
            yield file, str(file.parent.relative_to(folder / "locks"))


def _readable(file: Path) -> bool:
    try:
        json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return True
    except ValueError:
        return False
    return True


def _stem(name: str) -> str:
    """The stack's name in <stack>.json, <stack>.json.bak, and the like."""
    while name.endswith(_SUFFIXES):
        name = name.rpartition(".")[0]
    return name
