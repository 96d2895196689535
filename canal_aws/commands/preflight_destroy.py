"""`canal-aws preflight --destroy`: what would block or outlive `pulumi destroy` of a living stack."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import typer

from canal_aws.commands.report_options import Shown


def refuse_others(
    destroy: bool, config: Path | None, settings: list[str] | None, region: str | None, inputs_only: bool
) -> None:
    """typer.BadParameter for --delete alone, and for options that would have no effect beside --destroy."""
    if not destroy:
        raise typer.BadParameter("--delete goes with --destroy")
    given = {"--config": config, "--set": settings, "--region": region, "--inputs-only": inputs_only}
    for option, value in given.items():
        if value:
            raise typer.BadParameter(
                f"--destroy looks at what stands in a living stack's VPC, and does not go with {option}: name the stack "
                "with --stack or --cwd"
            )


def answer(folder: Path, stack: str | None, delete: bool, yes: bool, shown: Shown) -> NoReturn:
    """Ends the command with the report's exit status; what canal_aws.preflight.destroy.command raises."""
    from canal_aws.preflight.destroy import command

    def ask(question: str) -> bool:
        return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))

    report = command.of_stack(folder, stack, delete, shown.show, ask)
    raise typer.Exit(report.exit_status(shown.strict))
