"""`canal-aws roll`: outdated nodes replaced one at a time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK, whole_number

if TYPE_CHECKING:
    from rich.console import Console

    from canal_aws.day_two.plan import Plan

app = typer.Typer(add_completion=False)

_PODS = "Pods that a drain would lose (as kubectl drain)"
_WAITS = "Waits, in seconds"


@app.command()
def roll(
    stack: Annotated[str | None, STACK] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="WHICH", help="control-plane, worker, a pool's name or a node's; may be given again."
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the nodes that --only names, outdated or not: broken ones, say.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and end.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Evict pods that no controller makes anew.", rich_help_panel=_PODS)
    ] = False,
    delete_emptydir_data: Annotated[
        bool, typer.Option("--delete-emptydir-data", help="Evict pods with emptyDir volumes.", rich_help_panel=_PODS)
    ] = False,
    drain_timeout: Annotated[
        int,
        typer.Option(help="For each node's pods to go.", parser=whole_number(1), metavar="S", rich_help_panel=_WAITS),
    ] = 600,
    node_timeout: Annotated[
        int,
        typer.Option(
            help="For each new node to be Ready.", parser=whole_number(1), metavar="S", rich_help_panel=_WAITS
        ),
    ] = 900,
    folder: Annotated[Path, FOLDER] = Path(),
) -> None:
    """Replace the nodes that an earlier image, instance type or user data made, one at a time, each drained first.

    A node that is broken and not outdated is replaced with `--only NODE --replace`.

    Run `pulumi up` first: it brings the new launch templates and touches no node. Whatever ends a roll, the next one goes on
    from there. Exit status 1 where it stopped, or left an outdated node.
    """
    from rich.console import Console

    from canal_aws import progress
    from canal_aws.day_two.pods import Allowed
    from canal_aws.day_two.roll import Patience, Roll
    from canal_aws.stack.pulumi_cli import Pulumi

    shown, console = progress.for_stream(), Console(soft_wrap=True, highlight=False)
    with shown.step("comparing the nodes with their launch templates"):
        run = Roll(
            Pulumi.find(folder.resolve(), stack),
            only or (),
            Allowed(force, delete_emptydir_data),
            Patience(drain_timeout, node_timeout),
            replace,
        )
        plan = run.plan()
    _show(plan, console)
    if dry_run:
        return
    if plan.steps:
        with shown.step("checking that nothing is in the way"):
            run.check(plan)
        if not yes and not (sys.stdin.isatty() and typer.confirm(f"Roll these {len(plan.steps)} nodes?", err=True)):
            print("Nothing was done. `canal-aws roll --yes` does it without asking.")
            raise typer.Exit(2)
        run.perform(plan, shown)
        console.print(f"Rolled {len(plan.steps)} nodes of {run.pulumi.stack}.")
    if plan.left:
        raise typer.Exit(1)


def _show(plan: Plan, console: Console) -> None:
    if not plan.steps and not plan.left:
        console.print("Every node is as the last `pulumi up` would make it.")
    for index, step in enumerate(plan.steps):
        console.print(f"{index + 1}. {step.instance.name} ({step.instance.id}): {step.summary}", markup=False)
    for reason in plan.left.values():
        console.print(reason, markup=False)
