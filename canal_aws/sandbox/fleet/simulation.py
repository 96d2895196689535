"""What is simulated of a cluster, from outside it: Nodes that stay Ready and pods that run, by kwok."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from canal_aws.sandbox.fleet.admin import ADMIN_CONF, Admin
from canal_aws.sandbox.fleet.cloud_controller import CloudController
from canal_aws.sandbox.fleet.errors import ApiError
from canal_aws.sandbox.fleet.kwok import Kwok, mark_the_living
from canal_aws.sandbox.machines import Machine, MachineError


class Simulation:
    """One kwok and the administrator's view of the cluster that it works on."""

    def __init__(self, admin: Admin, kwok: Kwok, note: Callable[[str], None]) -> None:
        self.admin = admin
        self.kwok = kwok
        self._cloud_controller = CloudController(admin)
        self._note = note

    @classmethod
    def begin(
        cls,
        machines: Sequence[Machine],
        bin_dir: Path,
        folder: Path,
        proxy: str,
        log: logging.Logger,
        note: Callable[[str], None],
    ) -> Simulation | None:
        """None until one of the control plane's machines has an admin.conf with which the API says that it is ready."""
        for machine in machines:
            admin = _admin(machine, folder, proxy)
            if admin is None:
                continue
            try:
                if admin.ready():
                    # Not before kubeadm has uploaded its configuration, which says what kwok has to know.
                    simulation = cls(admin, Kwok(bin_dir, folder, admin), note)
                    log.info("%s is ready (Kubernetes %s)", admin.server, admin.version())
                    return simulation
            except ApiError as error:
                log.debug("%s", error)
            admin.close()
        return None

    def look(self, living: Mapping[str, bool]) -> list[str]:
        """The names of all Nodes, once kwok runs and has those of running machines. Raises ApiError."""
        self.kwok.look(self._note)
        nodes, changed = mark_the_living(self.admin, living)
        if changed:
            self.kwok.look_anew()
        self._cloud_controller.look()
        return nodes

    def end(self) -> None:
        """End kwok."""
        self.kwok.stop()
        self.admin.close()


def _admin(machine: Machine, folder: Path, proxy: str) -> Admin | None:
    try:
        found = machine.run("cat", ADMIN_CONF)
    except MachineError:
        return None  # it ended meanwhile
    return Admin(found.stdout.decode(), folder / "admin", proxy) if found.returncode == 0 else None
