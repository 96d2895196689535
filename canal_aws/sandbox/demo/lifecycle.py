"""One architecture through its whole life: up, up again, refresh, destroy, and what is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from pulumi import automation
from pulumi.automation.errors import CommandError

from architectures import Architecture
from canal_aws.errors import CanalError
from canal_aws.sandbox.control import Control
from canal_aws.sandbox.demo import measure
from canal_aws.sandbox.demo.events import Events
from canal_aws.sandbox.demo.result import Result

#: What the demo allows to reach the public API: addresses that are nobody's (RFC 5737, TEST-NET-3).
_ALLOWED_CIDR = "203.0.113.0/24"
#: A control plane is there within seconds on one machine; the program's default is for AWS.
_KUBECONFIG_SECONDS = 120
_COMMAND = {"color": "never", "suppress_progress": True, "show_secrets": False}


class Board(Protocol):
    """Whoever shows the phases of the demo."""

    def phase(self, architecture: str, name: str, events: Events) -> AbstractContextManager[None]:
        """Show that a phase of an architecture runs, with what the engine tells of it, until the block ends."""


@dataclass(frozen=True)
class Place:
    """Where the demo's stacks live: the project's view, the engine, the embedded AWS, and how to read from them."""

    project: Path
    engine: automation.PulumiCommand
    control: Control
    region: str
    kubectl: Path
    env: Mapping[str, str]
    sandbox_memory: Callable[[], int]
    engine_memory: Callable[[], int]
    #: Seconds that the engine took, by command.
    seconds: Mapping[str, float]


class PhaseFailed(Exception):
    """A phase ended early; the message is the engine's own."""


class Lifecycle:
    """A stack `demo-<architecture>` and its measured run. `canal` is what the cluster must hold at the end of `up`."""

    def __init__(
        self,
        place: Place,
        board: Board,
        architecture: Architecture,
        canal: Iterable[Mapping[str, Any]],
        workers_per_zone: int | None = None,
    ) -> None:
        self._place = place
        self._board = board
        self._name = architecture.name
        self._canal = tuple(canal)
        self._workers_per_zone = workers_per_zone
        self.result = Result(name=architecture.name)

    @property
    def stack_name(self) -> str:
        """The stack's name in the sandbox's backend."""
        return f"demo-{self._name}"

    def run(self) -> Result:
        """Everything in order; a phase that fails is the result's `error`, and `destroy` follows all the same."""
        with (
            measure.Peak(self._place.sandbox_memory) as sandbox,
            measure.Peak(self._place.engine_memory) as engine,
        ):
            try:
                stack = self._stack()
            except CommandError as error:
                self.result.error = f"stack init: {_last_lines(str(error))}"
                return self.result
            try:
                self._up(stack)
                self._unchanged(stack)
                self._refresh(stack)
            except (PhaseFailed, CanalError) as failure:
                self.result.error = str(failure)
            try:
                self._destroy(stack)
            except PhaseFailed as failure:
                self.result.error = "\n".join(filter(None, (self.result.error, str(failure))))
        self.result.sandbox_memory_peak_bytes = sandbox.value
        self.result.engine_memory_peak_bytes = engine.value
        return self.result

    def _stack(self) -> automation.Stack:
        options = automation.LocalWorkspaceOptions(pulumi_command=self._place.engine)
        stack = automation.create_or_select_stack(self.stack_name, work_dir=str(self._place.project), opts=options)
        # With paths, so that the list and the numbers arrive with the types that Pulumi.yaml declares.
        config = {
            "aws:region": self._place.region,
            "canal-aws:architecture": self._name,
            "canal-aws:apiAllowedCidrs[0]": _ALLOWED_CIDR,
            "canal-aws:kubeconfigTimeout": str(_KUBECONFIG_SECONDS),
        }
        if self._workers_per_zone is not None:
            config["canal-aws:workersPerZone"] = str(self._workers_per_zone)
        stack.set_all_config({key: automation.ConfigValue(value) for key, value in config.items()}, path=True)
        return stack

    def _up(self, stack: automation.Stack) -> None:
        self._place.control.reset_calls()
        try:
            done, events = self._phase("up", stack.up)
        finally:
            calls = self._place.control.calls()
            self.result.aws_calls, self.result.aws_calls_by_operation = sum(calls.values()), calls
        self.result.seconds = self._place.seconds["up"]
        self.result.resources = events.resources
        outputs = {name: output.value for name, output in done.outputs.items()}
        self._read_back(outputs)

    def _read_back(self, outputs: Mapping[str, Any]) -> None:
        place = self._place
        aws = measure.provisioned(place.control.endpoint, place.region, str(outputs.get("vpcId")))
        self.result.nodes = aws.nodes
        self.result.source_dest_check = aws.source_dest_check
        self.result.vpc_routes = aws.worst_table_pod_routes
        kubeconfig = outputs.get("kubeconfig", "")
        text = kubeconfig if isinstance(kubeconfig, str) else json.dumps(kubeconfig)
        cluster = measure.deployed(place.kubectl, text, self._canal, place.env)
        self.result.canal_accepted = cluster.accepted
        self.result.pod_mtu = cluster.pod_mtu

    def _unchanged(self, stack: automation.Stack) -> None:
        _, events = self._phase("up again", stack.up)
        self.result.second_up_changes, self.result.second_up_changed = events.changed, events.touched
        self.result.second_up_seconds = self._place.seconds["up"]

    def _refresh(self, stack: automation.Stack) -> None:
        _, events = self._phase("refresh", stack.refresh)
        self.result.refresh_changes = events.changed
        self.result.refresh_seconds = self._place.seconds["refresh"]

    def _destroy(self, stack: automation.Stack) -> None:
        try:
            self._phase("destroy", stack.destroy)
            self.result.destroy_seconds = self._place.seconds["destroy"]
        finally:
            self.result.leftovers = self._place.control.leftovers()

    def _phase(self, name: str, command: Callable[..., Any]) -> tuple[Any, Events]:
        events = Events()
        try:
            with self._board.phase(self._name, name, events):
                return command(on_event=events, **_COMMAND), events
        except CommandError as error:
            raise PhaseFailed(f"{name}: {events.error_text() or _last_lines(str(error))}") from None
        finally:
            self.result.route_warning = self.result.route_warning or events.route_warning


def _last_lines(text: str, lines: int = 10) -> str:
    return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])
