"""`canal-aws certificates`: how long they last, and how they are renewed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from canal_aws.commands.options import FOLDER, STACK, whole_number

app = typer.Typer(add_completion=False)


@app.command()
def certificates(
    stack: Annotated[str | None, STACK] = None,
    days: Annotated[
        int, typer.Option("--days", help="End with status 1 where fewer are left.", parser=whole_number(0), metavar="N")
    ] = 30,
    folder: Annotated[Path, FOLDER] = Path(),
) -> None:
    """Show when the certificates of the API servers and of the administrator end, and print what renews them.

    kubeadm's certificates last a year. `canal-aws roll` renews those of the nodes that it replaces.
    """
    from canal_aws.day_two import certificates as day_two
    from canal_aws.day_two.live_stack import LiveStack
    from canal_aws.day_two.plan import CONTROL_PLANE
    from canal_aws.stack.pulumi_cli import Pulumi

    live = LiveStack(Pulumi.find(folder.resolve(), stack).export(show_secrets=True))
    nodes = {each.name: each for each in live.instances if each.role == CONTROL_PLANE}
    found = day_two.api_servers(live.kubeconfig, nodes)
    own = day_two.administrator(live.kubeconfig)
    endings = [*(found[name] for name in sorted(found)), *filter(None, [own])]
    now = day_two.now()
    for each in endings:
        print(f"{each.whose}: {each.days_left(now)} days left, until {each.at:%Y-%m-%d}")
    for name in sorted(nodes.keys() - found.keys()):
        print(f"{name}: not seen behind the API's load balancer; is it healthy?")
    print("\nTo renew, one node after the other, the API answering in between:")
    for name in sorted(nodes):
        print(f"  {day_two.renewal(nodes[name])}")
    print("Then `pulumi up`, which takes the new kubeconfig into the stack, and `canal-aws kubeconfig`.")
    if any(each.days_left(now) < days for each in endings) or len(found) < len(nodes):
        raise typer.Exit(1)
