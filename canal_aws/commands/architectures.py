"""`canal-aws architectures`: the comparison."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def architectures(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")] = False,
) -> None:
    """Compare the reference architectures: packets, MTU, firewall, routes, limits, and when not to choose them."""
    from canal_aws.report import comparison

    if as_json:
        print(json.dumps(comparison.as_json(), indent=2))
        return
    from rich.console import Console

    from canal_aws.report import comparison_table

    comparison_table.show(comparison.rows(), comparison.CANAL, Console())
