"""The sandbox's status as text: tables on a terminal, plain lines in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from canal_aws.sandbox.sandbox import Status

_MIB = 1024 * 1024


def show(status: Status, console: Console) -> None:
    """Print what runs, where, and what it costs."""
    rows = _process_rows(status)
    if console.is_terminal:
        _print_table(console, rows)
    else:
        for row in rows:
            print(": ".join(filter(None, row)), file=console.file)
    for line in _lines(status):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _process_rows(status: Status) -> list[tuple[str, str]]:
    rows = []
    for process in status.processes:
        state = "runs" if process.running else "has ended"
        rows.append((process.name, f"pid {process.pid} {state}, {process.memory_bytes // _MIB} MiB"))
    return rows + [(f"cluster {cluster.get('stack', '?')}", _cluster(cluster)) for cluster in status.clusters]


def _cluster(cluster: dict[str, Any]) -> str:
    nodes = cluster.get("nodes", ())
    count = nodes if isinstance(nodes, int) else len(nodes)
    api = f", API {cluster['api']}" if cluster.get("api") else ""
    return f"{cluster.get('state', '?')}{api}, {count} node{'' if count == 1 else 's'}"


def _lines(status: Status) -> list[str]:
    lines = [f"state folder: {status.folder}"]
    if status.stacks:
        lines.append(f"stacks: {', '.join(status.stacks)}")
    if not status.running:
        return [*lines, "No sandbox is running: `canal-aws sandbox start` starts one."]
    calls = sum(status.aws_calls.values())
    most = ", ".join(f"{name} {count}" for name, count in list(status.aws_calls.items())[:3])
    lines.append(f"embedded AWS (a stand-in, not AWS): {status.endpoint}")
    lines.append(f"memory: {status.memory_bytes / _MIB:.0f} MiB resident in all")
    lines.append(f"AWS calls: {calls}" + (f" (most: {most})" if most else ""))
    lines += [f"{cluster['stack']}: {note}" for cluster in status.clusters for note in cluster.get("notes", ())]
    return lines


def _print_table(console: Console, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    from rich.table import Table

    table = Table(show_header=False)
    for row in rows:
        table.add_row(*row)
    console.print(table)
