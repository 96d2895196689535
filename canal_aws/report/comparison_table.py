"""The comparison as text: a table on a terminal, plain lines in a pipe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from canal_aws.report.comparison import Canal, Path, Row

if TYPE_CHECKING:
    from rich.console import Console


def facts(row: Row) -> list[tuple[str, str]]:
    """What is shown of an architecture, label and text, in the order of the table."""
    return [
        ("pod packet, same subnet", _path(row.same_subnet)),
        ("pod packet, across subnets", _path(row.cross_subnet)),
        ("pod MTU", f"{row.pod_mtu}"),
        ("between nodes the firewall opens", "; ".join(row.between_nodes)),
        ("source/destination check", "stays on" if row.source_dest_check else "off"),
        ("pod addresses", row.pod_addresses),
        ("VPC routes", row.vpc_routes),
        ("limit", row.node_limit),
        ("nodes with the defaults", f"{row.nodes_by_default:,}"),
        ("control plane down", row.control_plane_down),
        ("verdict of 2017", row.in_2017),
        ("verdict of today", row.today),
        ("not when", row.avoid_when),
    ]


def show(rows: Sequence[Row], canal: Canal, console: Console) -> None:
    """Print the comparison: one column an architecture on a terminal, else `name: label: text` lines."""
    if not console.is_terminal:
        for row in rows:
            for label, text in facts(row):
                print(f"{row.name}: {label}: {text}", file=console.file)
        for label, texts in _canal(canal):
            for text in texts:
                print(f"canal: {label}: {text}", file=console.file)
        return
    from rich.table import Table

    table = Table(show_lines=True)
    table.add_column("", style="dim", ratio=2)
    for row in rows:
        table.add_column(row.name, ratio=4, overflow="fold")
    for lines in zip(*(facts(row) for row in rows), strict=True):
        table.add_row(lines[0][0], *(text for _, text in lines))
    console.print(table)
    for label, texts in _canal(canal):
        console.print(f"[bold]Canal itself, {label}[/bold]")
        for text in texts:
            console.print(f"  {text}", highlight=False)


def _path(path: Path) -> str:
    return f"{path.carried_by} ({f'+{path.overhead} bytes' if path.overhead else 'no bytes added'})"


def _canal(canal: Canal) -> list[tuple[str, tuple[str, ...]]]:
    return [
        ("what it is", (canal.what_it_is,)),
        ("choose it when", canal.choose_when),
        ("not when", canal.avoid_when),
    ]
