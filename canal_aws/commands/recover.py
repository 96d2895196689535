"""`canal-aws recover`: a stack whose `pulumi up` was killed, in order again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from canal_aws.recovery.recovery import Plan
    from canal_aws.stack.deployment import Pending

app = typer.Typer(add_completion=False)


@app.command()
def recover(
    stack: Annotated[str | None, typer.Option("--stack", "-s", help="The stack; the selected one by default.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    up: Annotated[bool, typer.Option("--up", help="Run `pulumi up --yes` afterwards.")] = False,
    cluster_gone: Annotated[
        bool, typer.Option("--cluster-gone", help="Take Kubernetes objects for gone: the API will not answer again.")
    ] = False,
    folder: Annotated[
        Path, typer.Option("--cwd", "-C", help="The project's folder.", exists=True, file_okay=False)
    ] = Path(),
) -> None:
    """Put a stack in order after `pulumi up` was killed: no second copy of what was being created at that moment.

    Removes the lock of a command that has ended, looks in AWS and in Kubernetes for what was being created, takes what is there
    into the stack's state, and forgets the rest. Uses the environment that `pulumi up` would use.
    """
    from canal_aws import progress
    from canal_aws.recovery import recovery
    from canal_aws.stack import locks
    from canal_aws.stack.errors import Locked
    from canal_aws.stack.pulumi_cli import Pulumi

    def ask(question: str) -> bool:
        if yes:
            return True
        return sys.stdin.isatty() and typer.confirm(question, err=True)

    shown = progress.for_stream()
    pulumi = Pulumi.find(folder.resolve(), stack, mend=True)
    for holder in recovery.release_lock(pulumi, ask):
        print(f"Removed the lock of a command that has ended: {holder}.")
    plan = recovery.plan(pulumi, cluster_gone, shown)
    if plan.state.has_pending():
        _show(plan)
        if not ask("Write this into the stack's state?"):
            print("Nothing was written. `canal-aws recover --yes` does it without asking.")
            raise typer.Exit(2)
    try:
        gone = recovery.perform(pulumi, plan, shown)
    except Locked as locked:
        # Where locks cannot be read beforehand (buckets, Pulumi Cloud), the engine tells of one when it is in the way.
        recovery.settle(pulumi, locks.in_text(str(locked)), str(locked), ask)
        plan = recovery.plan(pulumi, cluster_gone, shown)
        gone = recovery.perform(pulumi, plan, shown)
    for item in gone:
        print(f"Gone again when it was read: {item}.")
    print(f"Stack {pulumi.stack} is in order." if plan.state.has_pending() else "Nothing was under way.")
    if up:
        raise typer.Exit(pulumi.up())
    print("Next: `pulumi up` makes what is missing.")


def _show(plan: Plan) -> None:
    def listed(title: str, items: list[Pending]) -> None:
        if items:
            print(title)
            for item in items:
                found = plan.found.get(item.urn)
                print(f"  {item}" + (f"  {found[0]}" if found else ""))

    listed("There, and taken into the state:", plan.created)
    listed("Not there; the next `pulumi up` creates it:", plan.missing)
    listed("Changed or deleted at that moment; read anew:", plan.others)
