"""What a user should know of a cluster, for fleet.json: each text once, the last ones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.machines import Machine

BOOTSTRAP_UNIT = "canal-aws-bootstrap.service"
_KEPT = 20


class Notes:
    """`texts` is replaced as a whole, so that another thread may read it."""

    def __init__(self, log: logging.Logger, changed: Callable[[], None]) -> None:
        self.texts: list[str] = []
        self._log = log
        self._changed = changed

    def add(self, text: str) -> None:
        """Remember it, and say it in the log, unless it is known already."""
        if text not in self.texts:
            self._log.warning("%s", text)
            self.texts = [*self.texts[1 - _KEPT :], text]
            self._changed()


def unit_notes(instance: Instance, machine: Machine) -> Iterator[str]:
    """One text for each unit of a machine that failed; of the one that writes to the console with its last line."""
    for unit, active in machine.units.items():
        if active == "failed":
            lines = [line for line in machine.console.splitlines() if line.strip()] if unit == BOOTSTRAP_UNIT else []
            last = f": {lines[-1].strip()}" if lines else ""
            yield f"{instance.node} ({instance.id}): {unit} failed{last}"
