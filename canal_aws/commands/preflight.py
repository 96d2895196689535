"""`canal-aws preflight`: whether a plan fits, before anything is created."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from canal_aws.commands.options import FOLDER, STACK

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report
    from canal_aws.preflight.written import Written

app = typer.Typer(add_completion=False)

_EPILOG = "Exit status: 0 it fits; 1 warnings, under --strict; 2 bad input; 10 it does not fit; 11 something could not be checked."
_WHAT, _OUTPUT, _DESTROY = "What to check", "Output", "Before a destroy"


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
    destroy: Annotated[
        bool,
        typer.Option("--destroy", help="Say what would block or outlive `pulumi destroy`.", rich_help_panel=_DESTROY),
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete what is in the way, after asking.", rich_help_panel=_DESTROY)
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.", rich_help_panel=_DESTROY)] = False,
    stack: Annotated[str | None, STACK] = None,
    folder: Annotated[Path, FOLDER] = Path(),
) -> None:
    """Check the settings of a new stack, and the AWS account that they are meant for, against quotas and conditions."""
    from canal_aws.preflight.written import Written, from_file, with_arguments

    if destroy or delete:
        _before_destroy(folder, stack, delete, yes, destroy, _Shown(as_json, strict, everything, junit, sarif))
    written = with_arguments(from_file(config) if config else Written({}), settings or [])
    chosen = region or written.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or ""
    report = _inputs_only(written, chosen) if inputs_only else _live(written, chosen)
    _show(report, written, _Shown(as_json, strict, everything, junit, sarif))
    raise typer.Exit(report.exit_status(strict))


class _Shown(NamedTuple):
    """How a report is shown and written."""

    as_json: bool
    strict: bool
    everything: bool
    junit: Path | None
    sarif: Path | None


def _show(report: Report, written: Written, how: _Shown) -> None:
    if how.as_json:
        from canal_aws.report.preflight_formats import as_json as encoded

        print(json.dumps(encoded(report, how.strict), indent=2))
    else:
        from rich.console import Console

        from canal_aws.report import preflight_table

        preflight_table.show(report, Console(), how.everything)
    _write(report, written, how.junit, how.sarif)


def _before_destroy(folder: Path, stack: str | None, delete: bool, yes: bool, destroy: bool, how: _Shown) -> None:
    from canal_aws.preflight.destroy import command
    from canal_aws.preflight.written import Written

    if not destroy:
        raise typer.BadParameter("--delete goes with --destroy")

    def ask(question: str) -> bool:
        return yes or (sys.stdin.isatty() and typer.confirm(question, err=True))

    report = command.of_stack(folder, stack, delete, lambda found: _show(found, Written({}), how), ask)
    raise typer.Exit(report.exit_status(how.strict))


def _inputs_only(written: Written, region: str) -> Report:
    from canal_aws.preflight.inputs import check_inputs

    return check_inputs(written.settings, region)


def _live(written: Written, region: str) -> Report:
    from canal_aws import progress
    from canal_aws.preflight.choice import Choice
    from canal_aws.preflight.live.asking import Asking
    from canal_aws.preflight.live.run import check_live
    from canal_aws.preflight.live.target import Target
    from canal_aws.stack.aws_clients import Aws

    if not region:
        raise typer.BadParameter("no Region: give --region, set aws:region, or check with --inputs-only")
    asking = Asking(Aws({"region": region}))
    try:
        with progress.for_stream().step(f"asking AWS in {region}"):
            return check_live(Choice.of(written.settings), asking, Target(region))
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
