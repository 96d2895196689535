"""`canal-aws demo`: the whole life of each architecture on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from canal_aws.commands.options import whole_number

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="ARCH", help="Architectures; all three by default.")
    ] = None,
    workers_per_zone: Annotated[
        int | None, typer.Option(help="Workers in each of the three zones.", parser=whole_number(0), metavar="N")
    ] = None,
    route_quota: Annotated[
        int | None,
        typer.Option(
            help="Routes per route table that the embedded AWS grants (L-93826ACB).",
            parser=whole_number(1),
            metavar="N",
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the results there as JSON; - for standard output.")
    ] = None,
) -> None:
    """Build each architecture with the real Pulumi engine, check it, destroy it, and compare the figures.

    Runs in a sandbox of its own, beside any that runs already. Exit status 1 where a result was not as expected:
    a refused `up`, changes in an unchanged one, something left after `destroy`.
    """
    import architectures

    unknown = [name for name in names or () if name not in architectures.names()]
    if unknown:
        known = ", ".join(architectures.names())
        raise typer.BadParameter(f"{', '.join(unknown)}: choose from {known}", param_hint="ARCH")
    if json_file is not None and str(json_file) != "-" and not json_file.absolute().parent.is_dir():
        raise typer.BadParameter(f"{json_file.parent} is not a folder", param_hint="--json")
    chosen = [architectures.get(name) for name in dict.fromkeys(names or architectures.names())]

    from rich.console import Console

    from canal_aws import progress
    from canal_aws.report import demo_table
    from canal_aws.sandbox.demo import run
    from canal_aws.sandbox.demo.board import board
    from canal_aws.sandbox.demo.result import as_json

    errors = Console(stderr=True)
    options = run.Options(chosen, workers_per_zone, route_quota)
    shown = board([architecture.name for architecture in chosen], errors)
    outcome = run.run(options, progress.for_stream(), shown)
    to_stdout = str(json_file) == "-"
    demo_table.show(outcome.results, outcome.seconds, errors if to_stdout else Console())
    if outcome.kept:
        errors.print(f"The logs of this run: {outcome.kept}", highlight=False, soft_wrap=True)
    if json_file is not None:
        text = json.dumps(as_json(outcome.results, outcome.seconds), indent=2) + "\n"
        print(text, end="") if to_stdout else json_file.write_text(text, encoding="utf-8")
    if not all(result.as_expected for result in outcome.results):
        raise typer.Exit(1)
