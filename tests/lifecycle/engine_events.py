"""What the engine did in one command, resource by resource, from the log of its events (`--event-log`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: Pulumi's colour directives, such as <{%reset%}>.
_COLOUR = re.compile(r"<\{%.*?%\}>")
#: preflight/checks/versions.py: one minor's last 90 days, and the time after its end.
_LAST_PATCHES = re.compile(r"Kubernetes [\d.]+: [\d.]+ (gets its last|has had no) patches")
#: Steps that leave a resource as it was; a refresh announces each of its readings.
_QUIET = ("same", "refresh", "read")


@dataclass(frozen=True)
class Change:
    """A step that is not quiet: operation (create, update, delete, replace, …), type token, logical name, properties."""

    op: str
    type: str
    name: str
    diffs: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.op} {self.type} {self.name}" + (f" {list(self.diffs)}" if self.diffs else "")


@dataclass(frozen=True)
class Done:
    """How a command ended: exit status, everything it printed, and what its events told."""

    status: int
    text: str
    changes: tuple[Change, ...]
    #: Resources by operation, "same" among them, from the summary.
    counts: dict[str, int]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]

    def warnings_of_any_day(self) -> list[str]:
        """Those that the program gives whatever the date: without that of Kubernetes' last patches."""
        return [each for each in self.warnings if not _LAST_PATCHES.search(each)]

    def of_type(self, *endings: str) -> list[Change]:
        """The changes of types whose token ends with one of `endings`, like ":Instance"."""
        return [change for change in self.changes if change.type.endswith(endings)]

    def named(self, op: str) -> set[str]:
        """Logical names with the last part of their type, like "Instance worker-a-0", that went through `op`."""
        return {f"{change.type.rsplit(':', 1)[1]} {change.name}" for change in self.changes if change.op == op}

    def touched(self) -> set[str]:
        """Every change as "op Type name"."""
        return {f"{change.op} {change.type.rsplit(':', 1)[1]} {change.name}" for change in self.changes}


def read(log: Path, status: int, text: str) -> Done:
    """The story of a command from its event log; a log that was never written tells nothing."""
    events = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    summaries = [event["summaryEvent"] for event in events if "summaryEvent" in event]
    return Done(
        status=status,
        text=text,
        changes=tuple(_changes(events)),
        counts=dict((summaries[-1].get("resourceChanges") or {}) if summaries else {}),
        warnings=tuple(_said(events, "warning")),
        errors=tuple(_said(events, "error")),
    )


def _changes(events: list[dict[str, Any]]) -> Iterator[Change]:
    for event in events:
        step = event.get("resourcePreEvent", {}).get("metadata")
        if step and step["op"] not in _QUIET:
            name = step["urn"].rpartition("::")[2]
            differing = {*(step.get("diffs") or ()), *(step.get("detailedDiff") or ())}
            yield Change(step["op"], step["type"], name, tuple(sorted(differing)))


def _said(events: list[dict[str, Any]], severity: str) -> Iterator[str]:
    for event in events:
        said = event.get("diagnosticEvent")
        if said and said.get("severity") == severity and not said.get("ephemeral"):
            text = _COLOUR.sub("", said.get("message", "")).strip()
            if text:
                yield text
