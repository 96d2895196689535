"""The demo's results as text: a comparing table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from canal_aws.sandbox.demo.result import Result

_MIB = 1024 * 1024


def facts(result: Result) -> list[tuple[str, str]]:
    """What is shown of a run, label and text, in the order of the table."""
    return [
        ("result", "as expected" if result.as_expected else "NOT as expected"),
        ("nodes", _number(result.nodes)),
        ("resources", _number(result.resources)),
        ("up", _seconds(result.seconds)),
        ("up again", _changes(result.second_up_seconds, result.second_up_changes)),
        ("refresh", _changes(result.refresh_seconds, result.refresh_changes)),
        ("destroy", _seconds(result.destroy_seconds)),
        ("left after destroy", _number(len(result.leftovers))),
        ("Canal accepted by the API server", "yes" if result.canal_accepted else "no"),
        ("pods ready", result.pods_ready),
        ("pod MTU", "-" if result.pod_mtu is None else str(result.pod_mtu)),
        ("source/destination check", _check(result.source_dest_check)),
        ("pod routes in the fullest table", _number(result.vpc_routes)),
        ("AWS calls of up", _number(result.aws_calls)),
        ("sandbox memory, peak", _memory(result.sandbox_memory_peak_bytes)),
        ("engine and plugins, peak", _memory(result.engine_memory_peak_bytes)),
    ]


def show(results: Sequence[Result], seconds: float, console: Console) -> None:
    """Print the comparison, every warning about routes, and what was not as expected."""
    if console.is_terminal:
        _print_table(results, console)
    else:
        for result in results:
            for label, text in facts(result):
                print(f"{result.name}: {label}: {text}", file=console.file)
    for result in results:
        for text in filter(None, (result.route_warning,)):
            console.print(f"{result.name}: warned: {text}", markup=False, highlight=False, soft_wrap=True)
        for text in result.complaints():
            console.print(f"{result.name}: {text}", markup=False, highlight=False, soft_wrap=True)
    console.print(
        f"{seconds:.0f} s in all, measured in this run, against an embedded AWS (a stand-in, not AWS) and a real "
        "Kubernetes API; pods are simulated by kwok.",
        highlight=False,
        soft_wrap=True,
    )


def _print_table(results: Sequence[Result], console: Console) -> None:
    from rich.table import Table

    table = Table()
    table.add_column("")
    for result in results:
        table.add_column(result.name, justify="right")
    for lines in zip(*(facts(result) for result in results), strict=True):
        table.add_row(lines[0][0], *(text for _, text in lines))
    console.print(table)


def _number(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f} s"


def _changes(seconds: float | None, changes: int | None) -> str:
    if changes is None:
        return "-"
    said = "no change" if changes == 0 else f"{changes} CHANGED"
    return f"{_seconds(seconds)}, {said}"


def _check(value: bool | None) -> str:
    return {True: "on", False: "off", None: "-"}[value]


def _memory(value: int | None) -> str:
    return "-" if value is None else f"{value // _MIB} MiB"
