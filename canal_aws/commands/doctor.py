"""`canal-aws doctor`: what drifted on a stack that runs, and what repairs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report

app = typer.Typer(add_completion=False)

_EPILOG = "Exit status: 0 as described; 1 warnings, under --strict; 2 bad input; 10 drifted; 11 something could not be checked."
_OUTPUT = "Output"
_TOOL = "doctor"


@app.command(epilog=_EPILOG)
def doctor(
    stack: Annotated[str | None, STACK] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    aws_only: Annotated[bool, typer.Option("--aws-only", help="Do not ask the Kubernetes API.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end with exit status 1.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what is ok, too.", rich_help_panel=_OUTPUT)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.", rich_help_panel=_OUTPUT)] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML here.", rich_help_panel=_OUTPUT)] = None,
    sarif: Annotated[Path | None, typer.Option(help="Also write SARIF here.", rich_help_panel=_OUTPUT)] = None,
) -> None:
    """Compare a stack's AWS and Kubernetes with what its configuration and architecture want, and say what repairs it.

    Nothing is changed. What could not be asked is reported as such, and everything else answers.
    """
    from canal_aws import progress
    from canal_aws.doctor.run import examine
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.stack.pulumi_cli import Pulumi
    from canal_aws.stack.subject import Subject

    with progress.for_stream().step("reading the stack"):
        pulumi = Pulumi.find(folder.resolve(), stack)
        subject = Subject.of(pulumi)
    asking = Asking(subject.aws)
    try:
        with progress.for_stream().step(f"examining {subject.name}"):
            report = examine(subject, asking, aws_only)
    finally:
        asking.close()
    _show(report, as_json, strict, everything)
    _write(report, subject.name.rpartition("/")[2], junit, sarif)
    raise typer.Exit(report.exit_status(strict))


def _show(report: Report, as_json: bool, strict: bool, everything: bool) -> None:
    if as_json:
        from canal_aws.report.preflight_formats import as_json as encoded

        print(json.dumps(encoded(report, strict), indent=2))
    else:
        from rich.console import Console

        from canal_aws.report import preflight_table

        preflight_table.show(report, Console(), everything, fails="drifted")


def _write(report: Report, stack: str, junit: Path | None, sarif: Path | None) -> None:
    from importlib.metadata import version

    from canal_aws.report.preflight_formats import as_junit, as_sarif

    if junit:
        junit.write_text(as_junit(report, _TOOL), encoding="utf-8")
    if sarif:
        document = as_sarif(report, version("canal-aws"), f"Pulumi.{stack}.yaml", _TOOL)
        sarif.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
