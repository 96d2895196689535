"""What the engine tells while it works: how far it is, what it changed, what it warned of."""

from __future__ import annotations

import re
from typing import Any

from canal_aws.route_budget import QUOTA_CODE

#: Pulumi's colour directives, such as <{%reset%}>.
_COLOUR = re.compile(r"<\{%.*?%\}>")
_UNCHANGED = "same"
#: Steps that leave a resource as it was; a refresh announces each of its readings.
_QUIET = (_UNCHANGED, "refresh", "read")


class Events:
    """An observer for one Pulumi command (`on_event` of the Automation API; called from other threads)."""

    def __init__(self) -> None:
        self.finished_resources = 0
        self.changes: dict[str, int] = {}
        self.touched: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def __call__(self, event: Any) -> None:
        if event.res_outputs_event is not None:
            self.finished_resources += 1
        if event.resource_pre_event is not None:
            self._step(event.resource_pre_event.metadata)
        if event.diagnostic_event is not None and not event.diagnostic_event.ephemeral:
            self._diagnostic(event.diagnostic_event)
        if event.summary_event is not None:
            # Keys are members of an enumeration or plain text, depending on how the event came.
            found = event.summary_event.resource_changes or {}
            self.changes = {str(getattr(op, "value", op)): int(count) for op, count in found.items()}

    @property
    def resources(self) -> int:
        """Resources that the command looked after."""
        return sum(self.changes.values())

    @property
    def changed(self) -> int:
        """Resources that were not left as they were."""
        return sum(count for op, count in self.changes.items() if op != _UNCHANGED)

    @property
    def route_warning(self) -> str | None:
        """The warning about routes per table, which names the quota's code; None where there was none."""
        return next((warning for warning in self.warnings if QUOTA_CODE in warning), None)

    def error_text(self) -> str | None:
        """Everything that the engine complained of, without what only says that something failed."""
        telling = [error for error in self.errors if not error.endswith("update failed")]
        return "\n".join(dict.fromkeys(telling or self.errors)) or None

    def _step(self, step: Any) -> None:
        operation = str(getattr(step.op, "value", step.op))
        if operation not in _QUIET:
            differing = f" ({', '.join(step.diffs)})" if step.diffs else ""
            name = step.urn.rpartition("::")[2]
            self.touched.append(f"{operation} {step.type} {name}{differing}")

    def _diagnostic(self, diagnostic: Any) -> None:
        text = _COLOUR.sub("", diagnostic.message).strip()
        if not text:
            return
        if diagnostic.severity == "warning":
            self.warnings.append(text)
        elif diagnostic.severity == "error":
            self.errors.append(text)
