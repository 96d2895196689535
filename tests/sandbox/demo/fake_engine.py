"""A stack that answers as the Automation API does, without an engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from pulumi.automation._cmd import CommandResult
from pulumi.automation.errors import CommandError
from pulumi.automation.events import DiagnosticEvent, EngineEvent, SummaryEvent


def diagnostic(severity: str, message: str) -> EngineEvent:
    """What the engine sends for `pulumi.log.warn`, colours included."""
    event = DiagnosticEvent(f"<{{%reset%}}>{message}<{{%reset%}}>\n", "raw", severity)
    return EngineEvent(0, 0, diagnostic_event=event)


def summary(**changes: int) -> EngineEvent:
    """The engine's last word on a command: how many resources each operation touched."""
    return EngineEvent(0, 0, summary_event=SummaryEvent(False, 1, changes, {}))


@dataclass
class FakeStack:
    """Each command takes its next list of events; one that holds an error diagnostic fails."""

    script: dict[str, list[list[EngineEvent]]]
    outputs: dict[str, Any]
    config: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    def set_all_config(self, config: dict[str, Any], path: bool) -> None:
        assert path
        self.config = {key: value.value for key, value in config.items()}

    def up(self, **options: Any) -> Any:
        self._run("up", options)
        return SimpleNamespace(outputs={name: SimpleNamespace(value=value) for name, value in self.outputs.items()})

    def refresh(self, **options: Any) -> Any:
        self._run("refresh", options)

    def destroy(self, **options: Any) -> Any:
        self._run("destroy", options)

    def _run(self, name: str, options: dict[str, Any]) -> None:
        self.commands.append(name)
        events = self.script[name].pop(0)
        for event in events:
            options["on_event"](event)
        if any(event.diagnostic_event and event.diagnostic_event.severity == "error" for event in events):
            raise CommandError(CommandResult("Updating", "error: update failed", 255))
