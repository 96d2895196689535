"""A preflight report for people: grouped, what fails first, colour only on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.registry import Check
from canal_aws.preflight.report import Report

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {Outcome.FAILS: "bold red", Outcome.UNCHECKED: "magenta", Outcome.WARNING: "yellow", Outcome.OK: "green"}
_MARKS = {Outcome.FAILS: "FAIL", Outcome.UNCHECKED: "?", Outcome.WARNING: "WARN", Outcome.OK: "ok"}


def show(report: Report, console: Console, everything: bool = False, fails: str = Outcome.FAILS.value) -> None:
    """Prints the findings; those that are ok only where `everything`, since they are the many. `fails` is the word for a failure."""
    for outcome in sorted(Outcome, key=lambda each: -each.gravity):
        if outcome is Outcome.OK and not everything:
            continue
        if outcome is Outcome.UNCHECKED:
            _unchecked(console, report)
            continue
        for group, found in _by_group(report, outcome):
            console.print(f"{_mark(outcome)}  [bold]{group}[/]", highlight=False)
            for check, finding in found:
                _finding(console, [check], finding)
    console.print(summary(report, fails), highlight=False)


def summary(report: Report, fails: str = Outcome.FAILS.value) -> str:
    """One line: how many findings of each kind."""
    counted = ((outcome, len(report.of(outcome))) for outcome in sorted(Outcome, key=lambda each: -each.gravity))
    said = [f"{count} {fails if outcome is Outcome.FAILS else outcome.value}" for outcome, count in counted if count]
    return f"{len(report.results)} checks: {', '.join(said) or 'nothing to check'}"


def _unchecked(console: Console, report: Report) -> None:
    """By reason, each once: one call that is not answered, or one wrong setting, leaves many checks without their facts."""
    found = report.of(Outcome.UNCHECKED)
    if found:
        console.print(f"{_mark(Outcome.UNCHECKED)}  [bold]{Outcome.UNCHECKED.value}[/]", highlight=False)
    for finding in dict.fromkeys(finding for _, finding in found):
        _finding(console, [check for check, each in found if each == finding], finding)


def _mark(outcome: Outcome) -> str:
    return f"[{_STYLES[outcome]}]{_MARKS[outcome]:>4}[/]"


def _finding(console: Console, checks: list[Check], finding: Finding) -> None:
    from rich.markup import escape
    from rich.padding import Padding

    text = f"{escape(finding.what)} [dim]({', '.join(dict.fromkeys(check.name for check in checks))})[/]"
    if finding.way_out:
        text += f"\n[cyan]→[/] {escape(finding.way_out)}"
    console.print(Padding(text, (0, 0, 0, 6)), highlight=False)


def _by_group(report: Report, outcome: Outcome) -> Iterator[tuple[str, list[tuple[Check, Finding]]]]:
    found = report.of(outcome)
    for group in dict.fromkeys(check.group for check, _ in found):
        yield group, [(check, finding) for check, finding in found if check.group == group]
