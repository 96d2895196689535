"""`canal-aws doctor`: what drifted on a stack that runs, and what repairs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK
from canal_aws.commands.report_options import ALL, JSON, JUNIT, SARIF, STRICT, Shown

app = typer.Typer(add_completion=False)

_EPILOG = "Exit status: 0 as described; 1 warnings, under --strict; 2 bad input; 10 drifted; 11 something could not be checked."


@app.command(epilog=_EPILOG)
def doctor(
    stack: Annotated[str | None, STACK] = None,
    folder: Annotated[Path, FOLDER] = Path(),
    aws_only: Annotated[bool, typer.Option("--aws-only", help="Do not ask the Kubernetes API.")] = False,
    strict: Annotated[bool, STRICT] = False,
    everything: Annotated[bool, ALL] = False,
    as_json: Annotated[bool, JSON] = False,
    junit: Annotated[Path | None, JUNIT] = None,
    sarif: Annotated[Path | None, SARIF] = None,
) -> None:
    """Compare a stack's AWS and Kubernetes with what its configuration and architecture want, and say what repairs it.

    Nothing is changed. What could not be asked is reported as such, and everything else answers.
    """
    from canal_aws.doctor.run import examine
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.progress import for_stream
    from canal_aws.stack.subject import Subject

    progress = for_stream()
    subject = Subject.read(folder, stack, progress)
    with Asking(subject.aws) as asking, progress.step(f"examining {subject.name}"):
        report = examine(subject, asking, aws_only)
    shown = Shown(as_json, strict, everything, junit, sarif, tool="doctor", fails="drifted")
    shown.show(report, f"Pulumi.{subject.name.rpartition('/')[2]}.yaml")
    raise typer.Exit(report.exit_status(strict))
