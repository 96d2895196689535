"""`canal-aws kubeconfig`: the administrator's kubeconfig in a file of the owner's alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK

app = typer.Typer(add_completion=False)


@app.command()
def kubeconfig(
    stack: Annotated[str | None, STACK] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file; kubeconfig-STACK.yaml here by default, - for standard output."),
    ] = None,
    folder: Annotated[Path, FOLDER] = Path(),
) -> None:
    """Write the cluster's administrator kubeconfig to a file of mode 0600.

    It is the secret output of the stack's last `up`. Whoever has it rules the cluster. Nothing is merged into ~/.kube/config.
    """
    from canal_aws.day_two import kubeconfig_file
    from canal_aws.day_two.live_stack import LiveStack
    from canal_aws.stack.pulumi_cli import Pulumi

    pulumi = Pulumi.find(folder.resolve(), stack)
    text = LiveStack(pulumi.export(show_secrets=True)).kubeconfig
    if str(output) == "-":
        print(text, end="")
        return
    file = output or Path(f"kubeconfig-{pulumi.stack.rpartition('/')[2]}.yaml")
    kubeconfig_file.write(text, file)
    print(f"Wrote {file}, readable by you alone.")
    print(f"Next: export KUBECONFIG={shlex.quote(str(file.expanduser().absolute()))}; kubectl get nodes")
