"""Values of options, refused with the value itself and what would be taken (typer's own messages leave it out)."""

from __future__ import annotations

from collections.abc import Callable

import typer


def whole_number(least: int, most: int | None = None) -> Callable[[str | int], int]:
    """A parser for whole numbers from `least` to `most`; typer.BadParameter otherwise."""
    allowed = f"{least} or more" if most is None else f"from {least} to {most}"

    def parse(value: str | int) -> int:
        try:
            number = int(value)
        except ValueError:
            raise typer.BadParameter(f"{value!r} is not a whole number; give one {allowed}") from None
        if number < least or (most is not None and number > most):
            raise typer.BadParameter(f"{number} cannot be used; give a number {allowed}")
        return number

    return parse


STACK = typer.Option("--stack", "-s", help="The stack; the selected one by default.")
FOLDER = typer.Option("--cwd", "-C", help="The project's folder.", exists=True, file_okay=False)
