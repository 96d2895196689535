"""`canal-aws snapshots`: what a restore could start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK

app = typer.Typer(add_completion=False)


@app.command()
def snapshots(stack: Annotated[str | None, STACK] = None, folder: Annotated[Path, FOLDER] = Path()) -> None:
    """List the snapshots of etcd in the stack's bucket, the newest first. Exit status 1 where there is none."""
    from canal_aws.day_two import snapshots as day_two
    from canal_aws.day_two.live_stack import LiveStack
    from canal_aws.stack.pulumi_cli import Pulumi

    live = LiveStack(Pulumi.find(folder.resolve(), stack).export(show_secrets=True))
    bucket = day_two.bucket(live)
    found = day_two.listed(live.aws.client("s3"), bucket)
    for each in found:
        print(f"{each.made:%Y-%m-%d %H:%M} UTC  {each.size / 2**20:8.1f} MiB  {each.name}")
    if not found:
        print(f"s3://{bucket} holds no snapshot yet.")
        raise typer.Exit(1)
    print(f"In s3://{bucket}. To go back to one: docs/day-two.md, Restore from a snapshot.")
