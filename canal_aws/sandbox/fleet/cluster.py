"""One stack's cluster: a thread that brings machines, load balancers and kwok to what AWS answers, again and again."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canal_aws.errors import CanalError
from canal_aws.sandbox.fleet.aws import Aws, Balancer
from canal_aws.sandbox.fleet.errors import ApiError
from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.fleet.machine_room import MachineRoom
from canal_aws.sandbox.fleet.notes import Notes, unit_notes
from canal_aws.sandbox.fleet.simulation import Simulation

_TICK_SECONDS = 1.0  # what changes by itself is looked at this often when AWS answers nothing new
_BOOT_TICK_SECONDS = 0.3  # until the API is ready
_PIDS_SECONDS = 2.0
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Settings:
    """What all clusters of a fleet share."""

    aws: Aws
    bin_dir: Path
    folder: Path
    changed: Callable[[], None] = lambda: None


class Cluster:
    """Owns one MachineRoom and one kwok; `update` gives it what AWS answered, `finish` ends it.

    `state` is "waiting" (no instance runs yet), "starting" (machines boot), "running" (the API has been ready),
    "refused" (cloud-init or Ignition would refuse a control-plane instance's user data), "failed" (tried again) or
    "gone".
    """

    def __init__(self, stack: str, folder_name: str, settings: Settings) -> None:
        self.stack = stack
        self.state = "waiting"
        self.nodes: list[str] = []
        self._settings = settings
        self._folder = settings.folder / folder_name
        self._log = logging.getLogger(f"fleet.{stack}")
        self._notes = Notes(self._log, settings.changed)
        self._thread = threading.Thread(target=self._run, name=f"cluster {stack}", daemon=True)
        self._wake = threading.Condition()
        self._instances: tuple[Instance, ...] = ()
        self._balancers: tuple[Balancer, ...] = ()
        self._fresh = False
        self._finishing = False
        self._room: MachineRoom | None = None
        self._simulation: Simulation | None = None
        self._pids: dict[str, int] = {}
        self._pids_at = 0.0

    def update(self, instances: Sequence[Instance], balancers: Sequence[Balancer]) -> None:
        """The stack's instances, terminated ones included, and everybody's load balancers."""
        with self._wake:
            if (self._instances, self._balancers) != (tuple(instances), tuple(balancers)):
                self._instances, self._balancers = tuple(instances), tuple(balancers)
                self._fresh = True
                self._wake.notify()

    def start(self) -> None:
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether it has ended: its processes and its data are gone."""
        return not self._thread.is_alive()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def finish(self) -> None:
        """Ask it to end its processes and itself; join it afterwards."""
        with self._wake:
            self._finishing = True
            self._wake.notify()

    def proxy_to(self, host: str) -> str | None:
        """The CONNECT proxy that leads to `host` in this cluster's VPC; None where it is not there."""
        room = self._room
        return room.vpc.proxy if room and room.vpc.knows(host) else None

    def description(self) -> dict[str, Any]:
        """For fleet.json."""
        room, simulation = self._room, self._simulation
        machines = room.machines if room else {}
        return {
            "stack": self.stack,
            "state": self.state,
            "api": simulation.admin.server if simulation else None,
            "pids": sorted(self._pids.values()),
            "processes": dict(self._pids),
            "machines": {
                instance.node: {"instance": instance.id, "state": machines[instance.id].state}
                for instance in self._instances
                if instance.id in machines and not instance.gone
            },
            "nodes": list(self.nodes),
            "notes": self._notes.texts,
        }

    def _run(self) -> None:
        failures = 0
        try:
            while not self._finishing and self.state != "gone":
                pause = _TICK_SECONDS if self._simulation else _BOOT_TICK_SECONDS
                try:
                    self._reconcile(self._instances, self._balancers)
                    failures = 0
                except Exception as error:
                    pause = _BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)]
                    failures += 1
                    self._failed(error, pause)
                with self._wake:
                    if not self._fresh and not self._finishing:
                        self._wake.wait(pause)
                    self._fresh = False
        finally:
            self._stop()
            self._to("gone")

    def _reconcile(self, instances: Sequence[Instance], balancers: Sequence[Balancer]) -> None:
        if instances and all(instance.gone for instance in instances):
            self._log.info("no instance is left")
            self._stop()
            self._to("gone")
            return
        first = next((instance for instance in instances if instance.running), None)
        if self._room is None and first is not None:
            self._room = self._open(first)
        if self._room is None:
            return
        if self._room.vpc.failure:
            self._lost(self._room.vpc.failure)
            return
        self._room.reconcile(instances, balancers)
        self._room.put_consoles()
        for instance in instances:
            if instance.id in self._room.machines:
                for text in unit_notes(instance, self._room.machines[instance.id]):
                    self._notes.add(text)
        self._simulate(instances)
        self._look_at_processes()

    def _open(self, first: Instance) -> MachineRoom:
        self._to("starting")
        settings = self._settings
        return MachineRoom.open(
            self.stack,
            first,
            settings.aws,
            self._folder,
            settings.bin_dir,
            self._log,
            self._notes.add,
            settings.changed,
        )

    def _simulate(self, instances: Sequence[Instance]) -> None:
        room = self._room
        assert room
        machines = room.control_plane(instances)
        if self._simulation is None:
            self._simulation = Simulation.begin(
                machines, self._settings.bin_dir, self._folder, room.vpc.proxy, self._log, self._notes.add
            )
            refused = any(room.machines[i.id].state == "refused" for i in instances if i.id in room.machines)
            self._to("running" if self._simulation else "refused" if refused else "starting")
            return
        try:
            nodes = self._simulation.look(room.living(instances))
        except ApiError as error:
            # Else an API that is being restarted.
            self._log.info("%s", error)
            if error.of_another_cluster:
                self._simulation.end()
                self._simulation = None
            return
        if nodes != self.nodes:
            self.nodes = nodes
            self._settings.changed()

    def _look_at_processes(self) -> None:
        if self._room and time.monotonic() - self._pids_at > _PIDS_SECONDS:
            pids = dict(self._room.vpc.pids)
            if self._simulation and self._simulation.kwok.child.returncode is None:
                pids["kwok"] = self._simulation.kwok.child.pid
            self._pids_at = time.monotonic()
            if pids != self._pids:
                self._pids = pids
                self._settings.changed()

    def _lost(self, reason: str) -> None:
        self._notes.add(
            f"the VPC and all machines in it are lost: {reason.splitlines()[0]} Destroy the stack, or start with a new "
            "sandbox: `canal-aws sandbox reset`"
        )
        self._to("failed")

    def _failed(self, error: Exception, pause: float) -> None:
        if self._simulation is None:
            self._to("failed")
        # An expected kind of failure is one line; anything else is a fault of the fleet and keeps its traceback.
        expected = isinstance(error, CanalError) or type(error).__module__.startswith(("botocore", "requests"))
        self._log.warning("%s; again in %.1f s", error, pause, exc_info=not expected)
        self._notes.add((str(error) or repr(error)).splitlines()[0])

    def _stop(self) -> None:
        if self._simulation:
            self._simulation.end()
            self._simulation = None
        if self._room:
            self._room.close()
            self._room = None
            self._log.info("VPC ended, nothing of its machines is left")
        shutil.rmtree(self._folder, ignore_errors=True)
        self.nodes, self._pids = [], {}

    def _to(self, state: str) -> None:
        if state != self.state:
            self._log.info("%s", state)
            self.state = state
            self._settings.changed()
