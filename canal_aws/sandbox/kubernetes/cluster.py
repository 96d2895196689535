"""One stack's cluster: a thread that brings it to what the stack's instances ask for, again and again."""

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
from canal_aws.sandbox.kubernetes import kubeadm
from canal_aws.sandbox.kubernetes.api_client import ApiError
from canal_aws.sandbox.kubernetes.aws import Aws, ParameterMissing
from canal_aws.sandbox.kubernetes.control_plane import ControlPlane
from canal_aws.sandbox.kubernetes.founding import FoundedBefore, Founding
from canal_aws.sandbox.kubernetes.instances import Instance
from canal_aws.sandbox.kubernetes.joining import Admission
from canal_aws.sandbox.kubernetes.publication import Publisher
from canal_aws.sandbox.kubernetes.registration import register
from canal_aws.sandbox.kubernetes.restarts import Restarts
from canal_aws.sandbox.kubernetes.user_data import UserDataRefused

_TICK_SECONDS = 1.0  # Nodes, processes and parameters are looked at this often when no instance changes
_NOTES = 20
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True)
class Settings:
    """What all clusters of a fleet share."""

    aws: Aws
    bin_dir: Path
    folder: Path
    restart: bool = True  # False: a component that died stays dead, to try what happens then
    changed: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class _Running:
    control_plane: ControlPlane
    publisher: Publisher
    restarts: Restarts
    admission: Admission


class Cluster:
    """Owns one ControlPlane; `update` gives it the stack's instances, `finish` ends it.

    `state` is "waiting" (no init instance runs yet, or the parameter is not there), "starting", "running",
    "refused" (the user data would not bring a cluster up), "failed" (tried again) or "gone".
    """

    def __init__(self, stack: str, folder_name: str, settings: Settings) -> None:
        self.stack = stack
        self.state = "waiting"
        self.notes: list[str] = []
        self.nodes: list[str] = []
        self._settings = settings
        self._folder = settings.folder / folder_name
        self._log = logging.getLogger(f"fleet.{stack}")
        self._thread = threading.Thread(target=self._run, name=f"cluster {stack}", daemon=True)
        self._wake = threading.Condition()
        self._instances: tuple[Instance, ...] = ()
        self._fresh = False
        self._finishing = False
        self._refused: str | None = None  # the instance whose user data was refused
        self._founding: tuple[str, Founding] | None = None  # with the instance that it was read for
        self._running: _Running | None = None

    def update(self, instances: Sequence[Instance]) -> None:
        """The stack's instances as last described, terminated ones included."""
        with self._wake:
            if self._instances != tuple(instances):
                self._instances = tuple(instances)
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

    def description(self) -> dict[str, Any]:
        """For fleet.json."""
        running = self._running
        pids = running.control_plane.pids if running else {}
        return {
            "stack": self.stack,
            "state": self.state,
            "api_port": running.control_plane.api_port if running else None,
            "pids": sorted(pids.values()),
            "processes": pids,
            "nodes": list(self.nodes),
            "notes": list(self.notes),
        }

    def _run(self) -> None:
        failures = 0
        try:
            while not self._finishing and self.state != "gone":
                pause = _TICK_SECONDS
                try:
                    self._reconcile(self._instances)
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

    def _reconcile(self, instances: Sequence[Instance]) -> None:
        if instances and all(instance.gone for instance in instances if instance.control_plane):
            self._log.info("no control-plane instance is left")
            self._stop()
            self._to("gone")
            return
        init = next((i for i in instances if i.init and i.control_plane and i.running), None)
        if self._running is None and init is not None and init.id != self._refused:
            self._running = self._found(init)
        if self._running is None:
            return
        control_plane = self._running.control_plane
        self._running.restarts.look()
        joined = [i for i in instances if not i.running or self._running.admission.admits(i)]
        nodes = register(control_plane.admin, joined, control_plane.version, self._log)
        if nodes != self.nodes:
            self.nodes = nodes
            self._settings.changed()
        if init:
            for name in self._running.publisher.publish(init.id):
                self._log.info("wrote %s for %s", name, init.id)

    def _found(self, init: Instance) -> _Running | None:
        """Start the control plane; None where that has to wait or was refused."""
        try:
            if self._founding is None or self._founding[0] != init.id:
                founding = Founding.read(self._settings.aws, init)
                founding.validate(self._settings.bin_dir, self._folder)
                self._founding = (init.id, founding)
            founding = self._founding[1]
            founding.may_found(self._settings.aws, init)
        except ParameterMissing:
            return None
        except (UserDataRefused, kubeadm.KubeadmRefused, FoundedBefore) as error:
            self._refused = init.id
            self._note(str(error))
            self._to("refused")
            return None
        self._to("starting")
        started = time.monotonic()
        control_plane = ControlPlane(
            self._settings.bin_dir, self._folder / "control-plane", founding.shape, lambda: self._finishing
        )
        control_plane.start()
        try:
            config = founding.validate(self._settings.bin_dir, self._folder)
            kubeadm.complete_init(self._settings.bin_dir, config, control_plane.kubeconfig_path)
        except BaseException:
            control_plane.stop()
            raise
        for note in filter(None, [*control_plane.notes, founding.version_note(control_plane.version)]):
            self._note(note)
        self._log.info("control plane ready on %s after %.1f s", control_plane.server, time.monotonic() - started)
        publisher = Publisher(
            self._settings.aws,
            founding.environment,
            self._settings.bin_dir,
            control_plane.kubeconfig_path,
            control_plane.pki.ca,
        )
        restarts = Restarts(control_plane, self._settings.restart, self._note)
        admission = Admission(self._settings.aws, self._settings.bin_dir, self._folder, self._note)
        admission.founder(init.id)
        self._to("running")
        return _Running(control_plane, publisher, restarts, admission)

    def _failed(self, error: Exception, pause: float) -> None:
        if self._running is None:
            self._to("failed")
        # An expected kind of failure is one line; anything else is a fault of the fleet and keeps its traceback.
        expected = isinstance(error, CanalError) or type(error).__module__.startswith("botocore")
        self._log.warning("%s; again in %.1f s", error, pause, exc_info=not expected)
        # An API that does not answer is told by what became of its processes; a user needs to know the others.
        if not isinstance(error, ApiError):
            self._remember((str(error) or repr(error)).splitlines()[0])

    def _stop(self) -> None:
        if self._running:
            self._running.control_plane.stop()
            self._running = None
            self._log.info("control plane ended, its data is removed")
        shutil.rmtree(self._folder, ignore_errors=True)
        self.nodes = []

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self._log.warning("%s", text)
            self._remember(text)

    def _remember(self, text: str) -> None:
        """For fleet.json: each text once, the last ones."""
        if text not in self.notes:
            self.notes = [*self.notes[1 - _NOTES :], text]
            self._settings.changed()

    def _to(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self._settings.changed()
