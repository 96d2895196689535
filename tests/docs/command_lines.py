"""The `canal-aws …` lines of a document, and the command line's own parser to judge them with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import typer

from canal_aws.cli import app

_NAME = "canal-aws"
# What ends a command of ours within a line of shell.
_END = re.compile(r"^[|&;<>()]+$|^\d?>")
# Documentation's own words: a value to fill in, what may be left out, and anything else.
_PLACEHOLDERS = {"ARCH": "flannel-vxlan", "N": "1", "NODE": "worker-a-0"}


class CommandRefused(AssertionError):
    """The parser's own message."""


def canal_aws_lines(text: str) -> Iterator[str]:
    """Each use of our command line in shell text: from its name to the end of that command."""
    for line in text.replace("\\\n", " ").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexer.whitespace_split = True
        try:
            words = list(lexer)
        except ValueError:  # a quotation that goes over lines: nothing of ours does
            continue
        while True:
            start = next((n for n, word in enumerate(words) if word.rpartition("/")[2] == _NAME), None)
            if start is None:
                break
            end = next((n for n in range(start, len(words)) if _END.match(words[n])), len(words))
            # `$(canal-aws sandbox env)` inside a quotation is one word to shlex.
            yield shlex.join(words[start + 1 : end])
            words = words[end:]
        for inner in re.findall(r'"\$\(([^)]*)\)"', line):
            yield from canal_aws_lines(inner)


def parse(line: str) -> None:
    """Raises CommandRefused where `canal-aws LINE` names a command, option or value that is not there."""
    words = [word for word in _filled_in(line) if word not in ("…", "...")]
    # Typer carries a Click of its own and gives it no public name.
    command: Any = typer.main.get_command(app)
    context = command.context_class(command, info_name=_NAME)
    try:
        while words and hasattr(command, "resolve_command"):
            name, found, words = command.resolve_command(context, words)
            command, context = found, found.context_class(found, info_name=name, parent=context)
        # A group alone, or a command whose operands are left out, is a name in a sentence.
        if words:
            command.make_context(command.name, list(words), parent=context.parent)
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        raise CommandRefused(error.format_message()) from error


def _filled_in(line: str) -> list[str]:
    """Without the brackets of a synopsis, and with values for its capitals."""
    words = [word.strip("[]") for word in shlex.split(line)]
    return [_PLACEHOLDERS.get(word.rstrip("…"), word) for word in words if word]
