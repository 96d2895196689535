"""How many nodes each architecture is carried, for people and as JSON (docs/preflight.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from canal_aws.preflight.capacity import Capacity, Said
from canal_aws.report.preflight_formats import SCHEMA_VERSION, finding_as_json

if TYPE_CHECKING:
    from rich.console import Console


def show(found: Sequence[Capacity], wanted: int, chosen: str, console: Console) -> None:
    """A table on a terminal, `architecture: label: text` lines in a pipe; what stands in the way of all is said once."""
    rows = [(_name(each, chosen), *_row(each, wanted)) for each in found]
    labels = ("nodes carried", "stopped by", f"{wanted:,} nodes")
    below = [*_ways_out(found), *_below(found)]
    if not console.is_terminal:
        for name, *texts in rows:
            for label, text in zip(labels, texts, strict=True):
                print(f"{name}: {label}: {text.replace(chr(10), '; ')}", file=console.file)
        for line in below:
            print(line, file=console.file)
        return
    from rich.markup import escape
    from rich.table import Table

    table = Table(show_lines=True)
    table.add_column("architecture")
    for label, ratio in zip(labels, (2, 4, 2), strict=True):
        table.add_column(label, ratio=ratio, overflow="fold")
    for each, row in zip(found, rows, strict=True):
        table.add_row(*map(escape, row), style="bold" if each.architecture == chosen else "")
    console.print(table)
    for line in below:
        console.print(escape(line), highlight=False, soft_wrap=True)


def as_json(found: Sequence[Capacity], wanted: int, chosen: str, status: int) -> dict[str, Any]:
    """The same with every number; `nodes` is null where there is no plan, `workersPerZone` null where none carries `wanted`."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "exitStatus": status,
        "wanted": wanted,
        "architecture": chosen,
        "architectures": [
            {
                "name": each.architecture,
                "fits": each.fits(wanted),
                "nodes": each.nodes,
                "smallest": each.smallest,
                "step": each.step,
                "atWorkersPerZone": each.workers_per_zone,
                "workersPerZone": each.workers_for(wanted),
                "stoppedBy": _said(each.stopped_by),
                "inTheWay": _said(each.in_the_way),
                "unchecked": _said(each.unchecked),
            }
            for each in found
        ],
    }


def _name(capacity: Capacity, chosen: str) -> str:
    return f"{capacity.architecture} (chosen)" if capacity.architecture == chosen else capacity.architecture


def _row(capacity: Capacity, wanted: int) -> tuple[str, str, str]:
    stopped = "\n".join(f"{finding.what} ({check.name})" for check, finding in capacity.stopped_by)
    if capacity.nodes is None:
        return "unknown", stopped or "there is no plan", _answer(capacity, wanted)
    nodes = f"{capacity.nodes:,}"
    if capacity.nodes:
        nodes += f"\nworkersPerZone = {capacity.workers_per_zone:,}, one more adds {capacity.step}"
    return nodes, stopped, _answer(capacity, wanted)


def _answer(capacity: Capacity, wanted: int) -> str:
    if capacity.nodes is None:
        return "do not fit" if capacity.in_the_way else "could not be checked"
    workers = capacity.workers_for(wanted)
    if workers is None:
        return "do not fit"
    made = capacity.smallest + workers * capacity.step
    how = f"workersPerZone = {workers:,} makes {made:,}"
    if capacity.in_the_way:
        return f"do not fit before what is in the way is gone\n{how}"
    return f"{'fit, as far as could be checked' if capacity.unchecked else 'fit'}\n{how}"


def _ways_out(found: Sequence[Capacity]) -> list[str]:
    """What carries more; not in a cell, where a command could not be copied."""
    return [
        f"{each.architecture}, for more: {finding.way_out}"
        for each in found
        for _, finding in each.stopped_by
        if finding.way_out
    ]


def _below(found: Sequence[Capacity]) -> list[str]:
    """What does not depend on the number of nodes, once each, with its checks and the architectures that it is said of."""
    checks: dict[str, dict[str, None]] = {}
    names: dict[str, dict[str, None]] = {}
    for each in found:
        for label, said in (("in the way at any size", each.in_the_way), ("could not be checked", each.unchecked)):
            for check, finding in said:
                line = f"{label}: {finding}"
                checks.setdefault(line, {})[check.name] = None
                names.setdefault(line, {})[each.architecture] = None
    return [
        f"{'' if len(names[line]) == len(found) else ', '.join(names[line]) + ': '}{line} ({', '.join(checks[line])})"
        for line in checks
    ]


def _said(said: Sequence[Said]) -> list[dict[str, Any]]:
    return [{"check": check.name, **finding_as_json(finding)} for check, finding in said]
