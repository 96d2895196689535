"""`canal-aws sandbox …`: the AWS that runs on this machine."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

from canal_aws.cli import EXIT_STATUSES
from canal_aws.commands.options import whole_number
from canal_aws.errors import CanalError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="One machine instead of AWS: an embedded AWS and a Kubernetes control plane for each stack. "
    "Its state is in $CANAL_AWS_SANDBOX, or the user's state folder.",
    epilog=EXIT_STATUSES,
)

_Force = Annotated[bool, typer.Option("--force", help="Even while Pulumi updates a stack in it.")]


@app.command(epilog=EXIT_STATUSES)
def start(
    aws_port: Annotated[
        int,
        typer.Option(
            help="Port of the embedded AWS on 127.0.0.1; 0 takes any free one.",
            parser=whole_number(0, 65535),
            metavar="PORT",
        ),
    ] = 0,
) -> None:
    """Start it, and build what is missing first. Exit status 3 where one runs already."""
    from canal_aws import progress
    from canal_aws.sandbox.sandbox import Sandbox

    sandbox = Sandbox()
    earlier = sandbox.folder.stacks()
    record = sandbox.start(progress.for_stream(), aws_port)
    print(f"The sandbox runs: embedded AWS (a stand-in, not AWS) on {record.endpoint}, state in {sandbox.folder.root}")
    if earlier:
        print(
            f"The embedded AWS keeps nothing when it stops: stack {', '.join(earlier)} names resources that are gone. "
            "`pulumi refresh` forgets them; `canal-aws sandbox reset` forgets everything"
        )
    print('Use it:  eval "$(canal-aws sandbox env)"  and then plain  pulumi up')


@app.command(epilog=EXIT_STATUSES)
def stop(force: _Force = False) -> None:
    """End it. Stacks and logs stay, what the embedded AWS held does not."""
    from canal_aws.sandbox.sandbox import Sandbox

    print("The sandbox has ended." if Sandbox().stop(force) else "No sandbox was running.")


@app.command(epilog=EXIT_STATUSES)
def reset(force: _Force = False) -> None:
    """End it and forget everything: its stacks, logs and state folder. The toolchain stays."""
    from canal_aws.sandbox.sandbox import Sandbox

    sandbox = Sandbox()
    print(f"Removed {sandbox.folder.root}." if sandbox.reset(force) else "There was no sandbox.")


@app.command(epilog=EXIT_STATUSES)
def status(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show processes, ports, clusters, memory and AWS calls. Exit status 3 where it does not run."""
    from canal_aws.sandbox.sandbox import Sandbox

    found = Sandbox().status()
    if as_json:
        from dataclasses import asdict

        print(json.dumps({**asdict(found), "folder": str(found.folder)}, indent=2))
    else:
        from rich.console import Console

        from canal_aws.report import sandbox_status

        sandbox_status.show(found, Console())
    if not found.running:
        raise typer.Exit(3)


@app.command(epilog=EXIT_STATUSES)
def env(
    inside_vpc: Annotated[
        bool,
        typer.Option(
            "--inside-vpc",
            help="As from inside the VPCs, by a proxy: for stacks with apiAccess private, which nothing else reaches.",
        ),
    ] = False,
) -> None:
    """Print lines for a shell: eval "$(canal-aws sandbox env)". Exit status 3 where it does not run.

    They point Pulumi and every AWS SDK at the sandbox, with keys that are nobody's, and remove what could lead to a
    real account. Nothing is printed but `false` unless the sandbox's own account answers.
    """
    from canal_aws.sandbox import environment
    from canal_aws.sandbox.sandbox import Sandbox

    try:
        ours: dict[str, Any] = Sandbox().env(inside_vpc)
    except CanalError:
        # `eval "$(…)"` of nothing would succeed, and the next command would run with the caller's own account.
        print("false")
        raise
    print("\n".join(environment.shell_lines(ours, os.environ)))
