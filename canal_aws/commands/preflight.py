"""`canal-aws preflight`: whether a plan fits, before anything is created."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report
    from canal_aws.preflight.subject_of_run import SubjectOfRun
    from canal_aws.preflight.written import Written

app = typer.Typer(add_completion=False)

_EPILOG = "Exit status: 0 it fits; 1 warnings, under --strict; 2 bad input; 10 it does not fit; 11 something could not be checked."
_WHAT, _OUTPUT = "What to check", "Output"


@app.command(epilog=_EPILOG)
def preflight(
    config: Annotated[
        Path | None,
        typer.Option("--config", "-f", help="A Pulumi.<stack>.yaml or a plain YAML file.", rich_help_panel=_WHAT),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="KEY=VALUE over what is written; may be given again.", rich_help_panel=_WHAT),
    ] = None,
    stack: Annotated[
        str | None,
        typer.Option("--stack", "-s", help="A living stack; the selected one by default.", rich_help_panel=_WHAT),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(
            "--cwd", "-C", help="A living stack's project.", exists=True, file_okay=False, rich_help_panel=_WHAT
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="The Region; aws:region or AWS_REGION by default.", rich_help_panel=_WHAT)
    ] = None,
    inputs_only: Annotated[
        bool, typer.Option("--inputs-only", help="Ask nobody: no credentials, no network.", rich_help_panel=_WHAT)
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings end with exit status 1.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what is ok, too.", rich_help_panel=_OUTPUT)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout.", rich_help_panel=_OUTPUT)] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML here.", rich_help_panel=_OUTPUT)] = None,
    sarif: Annotated[Path | None, typer.Option(help="Also write SARIF here.", rich_help_panel=_OUTPUT)] = None,
) -> None:
    """Check a stack's settings, and the AWS account that they are meant for, against quotas and conditions.

    A living stack is asked for with --stack or by standing in its project: what it holds counts as planned, not as used.
    --config, or --set alone, is about a new one.
    """
    from canal_aws.preflight.subject_of_run import subject_of_run

    about = subject_of_run(config, settings or [], region, stack, folder)
    report = _inputs_only(about) if inputs_only else _live(about)
    if as_json:
        from canal_aws.report.preflight_formats import as_json as encoded

        print(json.dumps(encoded(report, strict), indent=2))
    else:
        from rich.console import Console

        from canal_aws.report import preflight_table

        preflight_table.show(report, Console(), everything)
    _write(report, about.written, junit, sarif)
    raise typer.Exit(report.exit_status(strict))


def _inputs_only(about: SubjectOfRun) -> Report:
    from canal_aws.preflight.inputs import check_inputs

    return check_inputs(about.written.settings, about.region, about.kept)


def _live(about: SubjectOfRun) -> Report:
    from canal_aws import progress
    from canal_aws.preflight.choice import Choice
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.preflight.live.run import check_live

    if not about.region:
        raise typer.BadParameter("no Region: give --region, set aws:region, or check with --inputs-only")
    asking = Asking(about.aws)
    try:
        with progress.for_stream().step(f"asking AWS in {about.region}"):
            return check_live(Choice.of(about.written.settings), asking, about.target, about.kept)
    finally:
        asking.close()


def _write(report: Report, written: Written, junit: Path | None, sarif: Path | None) -> None:
    from importlib.metadata import version

    from canal_aws.report.preflight_formats import as_junit, as_sarif

    if junit:
        junit.write_text(as_junit(report), encoding="utf-8")
    if sarif:
        document = as_sarif(report, version("canal-aws"), written.file or "Pulumi.yaml")
        sarif.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
