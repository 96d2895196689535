"""A machine as its owner sees it."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from canal_aws.sandbox.machines.instance import Instance

CONSOLE_BYTES = 64 * 1024
"""What EC2 keeps of a console (GetConsoleOutput: "at least the most recent 64 KB")."""

COMMAND_SECONDS = 120.0


class Ask(Protocol):
    """Sends a request to the VPC process and returns its result."""

    def __call__(self, call: str, *, seconds: float = ..., **arguments: Any) -> Any: ...


class Machine:
    """One instance's machine; the package's documentation says what its members mean."""

    def __init__(self, instance: Instance, ask: Ask, forget: Callable[[Machine], None]) -> None:
        self.instance = instance
        self.state = "booting"
        self.reason = ""
        self.units: dict[str, str] = {}
        self._console = ""
        self._ask = ask
        self._forget = forget

    @property
    def console(self) -> str:
        """What the machine wrote to its console, the last 64 KiB of it."""
        return self._console

    def retag(self, tags: Mapping[str, str]) -> None:
        """The instance's tags changed."""
        if dict(tags) != dict(self.instance.tags):
            self.instance = replace(self.instance, tags=dict(tags))
            self._call("retag", tags=dict(tags))

    def power_off(self) -> None:
        """Every process ends at once; the root folder stays."""
        self._call("power_off")

    def power_on(self) -> None:
        """Boots again, from what its root holds: first-boot user data is not read a second time."""
        self._call("power_on")

    def terminate(self) -> None:
        """Every process ends at once and the root folder goes. Returns when that is done; twice is fine."""
        if self.state != "terminated":
            self._call("terminate")
            self.state = "terminated"
            self._forget(self)

    def start_unit(self, name: str) -> None:
        """Starts a unit without waiting for it. VpcFailed where the machine has none of this name."""
        self._ask("start_unit", machine=self.instance.id, name=name)

    def run(
        self, *argv: str, input: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """A command in the machine, as root, with systemd's PATH and `environment` beside it; at most two minutes."""
        answer = self._ask(
            "run",
            seconds=COMMAND_SECONDS,
            machine=self.instance.id,
            argv=list(argv),
            input=base64.b64encode(input).decode(),
            environment=dict(environment or {}),
        )
        out, err = (base64.b64decode(answer[key]) for key in ("stdout", "stderr"))
        return subprocess.CompletedProcess(list(argv), answer["status"], out, err)

    def said(self, event: Mapping[str, Any]) -> None:
        """Takes what the VPC process tells about this machine."""
        if self.state == "terminated":
            return
        self.state = event.get("state", self.state)
        self._console = (self._console + event.get("console", ""))[-CONSOLE_BYTES:]
        if "unit" in event:
            self.units = {**self.units, event["unit"]: event["active"]}

    def refuse(self, reason: str, console: str) -> None:
        """cloud-init or Ignition refused: the machine runs, and nothing in it does."""
        self.state, self.reason, self._console = "refused", reason, console

    def _call(self, name: str, **arguments: Any) -> None:
        if self.state == "refused":
            return
        self._ask(name, machine=self.instance.id, **arguments)
