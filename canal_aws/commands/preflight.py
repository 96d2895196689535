"""`canal-aws preflight`: whether a plan fits, before anything is created; and what would block a destroy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from canal_aws.commands import preflight_destroy, preflight_nodes
from canal_aws.commands.preflight_increase import REQUEST_INCREASE, refuse, request
from canal_aws.commands.report_options import ALL, JSON, JUNIT, SARIF, STRICT, Shown

if TYPE_CHECKING:
    from canal_aws.preflight.report import Report
    from canal_aws.preflight.subject_of_run import SubjectOfRun

app = typer.Typer(add_completion=False)

_EPILOG = "Exit status: 0 it fits; 1 warnings, under --strict; 2 bad input; 10 it does not fit; 11 something could not be checked."
_WHAT, _DESTROY = "What to check", "Before a destroy"


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
    nodes: Annotated[
        int | None,
        typer.Option(
            min=1, help="Whether this many nodes fit, and how many each architecture carries.", rich_help_panel=_WHAT
        ),
    ] = None,
    strict: Annotated[bool, STRICT] = False,
    everything: Annotated[bool, ALL] = False,
    as_json: Annotated[bool, JSON] = False,
    junit: Annotated[Path | None, JUNIT] = None,
    sarif: Annotated[Path | None, SARIF] = None,
    destroy: Annotated[
        bool,
        typer.Option("--destroy", help="Say what would block or outlive `pulumi destroy`.", rich_help_panel=_DESTROY),
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete what is in the way, after asking.", rich_help_panel=_DESTROY)
    ] = False,
    increases: Annotated[list[str] | None, REQUEST_INCREASE] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="With --delete or --request-increase: do not ask.")] = False,
) -> None:
    """Check a stack's settings, and the AWS account that they are meant for, against quotas and conditions.

    A living stack is asked for with --stack or by standing in its project: what it holds counts as planned, not as used.
    --config, or --set alone, is about a new one.
    """
    shown = Shown(as_json, strict, everything, junit, sarif)
    if increases:
        refuse(inputs_only, destroy or delete)
    if nodes is not None:
        preflight_nodes.refuse_others(shown, destroy or delete, increases)
    if destroy or delete:
        preflight_destroy.refuse_others(destroy, config, settings, region, inputs_only)
    if yes and not (delete or increases):
        raise typer.BadParameter("--yes goes with --delete or --request-increase: nothing else asks")
    if destroy:
        preflight_destroy.answer(folder or Path(), stack, delete, yes, shown)
    from canal_aws.preflight.subject_of_run import subject_of_run

    about = subject_of_run(config, settings or [], region, stack, folder)
    if nodes is not None:
        raise typer.Exit(preflight_nodes.answer(about, nodes, inputs_only, as_json))
    report = _inputs_only(about) if inputs_only else _live(about)
    shown.show(report, about.written.file)
    if increases:
        request(report, about.aws, about.region, increases, yes)
    raise typer.Exit(report.exit_status(strict))


def _inputs_only(about: SubjectOfRun) -> Report:
    from canal_aws.preflight.inputs import check_inputs

    return check_inputs(about.written.settings, about.region, about.kept, about.target.stack)


def _live(about: SubjectOfRun) -> Report:
    from canal_aws.preflight.choice import Choice
    from canal_aws.preflight.live.run import check_live

    with about.asking() as asking:
        return check_live(Choice.of(about.written.settings), asking, about.target, about.kept)
