"""A machine put together: root folder, namespaces, systemd, kubelet; and what it does at its first and later boots."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from canal_aws.sandbox.machines.first_boot import FirstBoot
from canal_aws.sandbox.machines.inside.api_client import api_is_ready
from canal_aws.sandbox.machines.inside.body import Body
from canal_aws.sandbox.machines.inside.healthz import Healthz
from canal_aws.sandbox.machines.inside.kubelet import Kubelet
from canal_aws.sandbox.machines.inside.loop import Loop
from canal_aws.sandbox.machines.inside.network import WAY_OUT, Network
from canal_aws.sandbox.machines.inside.resolver import in_hosts
from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.inside.services import Startable
from canal_aws.sandbox.machines.inside.static_pods import StaticPods
from canal_aws.sandbox.machines.inside.systemctl import SystemctlSocket
from canal_aws.sandbox.machines.inside.systemd import Systemd
from canal_aws.sandbox.machines.inside.units import UnitRefused
from canal_aws.sandbox.machines.instance import Instance

_ENDPOINTS = ("SSM", "EC2", "S3")


@dataclass(frozen=True)
class Surroundings:
    """What all machines of a VPC share. `tell` sends an event to the owner, `names` is the VPC's resolver."""

    folder: Path
    tools: Path
    network: Network
    loop: Loop
    names: Callable[[str], str | None]
    version: Callable[[], str]
    tell: Callable[[dict[str, Any]], None]


class Machine:
    """One instance's. `boot` and `power_on` return at once; the rest when it is done."""

    def __init__(self, instance: Instance, plan: FirstBoot, number: int, around: Surroundings) -> None:
        self.instance = instance
        self._plan = plan
        self._around = around
        self._cable = f"vpc-{number}"
        self.root = Root(around.folder / instance.id)
        environment = {f"AWS_ENDPOINT_URL_{service}": f"http://{WAY_OUT}" for service in _ENDPOINTS}
        self.body = Body(self.root, around.tools, environment)
        self.pods = StaticPods(self.body, self.root, around.tools, self._api_is_ready, self._console, self._unit)
        self._kubelet = Kubelet(
            lambda: self.instance,
            self.body,
            self.root,
            self.pods,
            around.version,
            self._address_of,
            lambda: Healthz(around.loop, self.body.pid),
            self._console,
            lambda active: self._unit("kubelet.service", active),
        )
        own: dict[str, Startable] = {"kubelet.service": self._kubelet, "static-pods.service": self.pods}
        self.systemd = Systemd(self.body, self.root, own, self._output, self._unit)
        self._socket: SystemctlSocket | None = None
        self._lock = threading.Lock()
        self._off = False
        self._booting: threading.Thread | None = None

    def boot(self) -> None:
        """The first boot: the image's files, then what the user data says."""
        self.root.make(self.instance, self._plan.system)
        self._start(self._first_boot)

    def power_off(self) -> None:
        """Kills everything; the root folder stays."""
        with self._lock:
            self._off = True
            self.body.down()
            self._around.network.disconnect(self._cable)
            if self._socket is not None:
                self._socket.close()
                self._socket = None
        self.systemd.shut_down()
        if self._booting is not None:
            self._booting.join()
        self._tell(state="stopped")

    def power_on(self) -> None:
        """Boots with what the root holds."""
        self.root.clear_run()
        self._off = False
        self._tell(state="booting")
        self._start(self._boot_again)

    def remove(self) -> None:
        """Kills everything and removes the root."""
        self.power_off()
        self.root.remove()

    def retag(self, tags: dict[str, str]) -> None:
        """The instance's tags changed."""
        self.instance = replace(self.instance, tags=tags)

    def processes(self) -> dict[str, int]:
        """The static pods' processes and what holds the namespaces, by name."""
        try:
            found = {"namespaces": self.body.pid}
        except OSError:
            return {}
        return found | {pod.name: pod.process.pid for pod in list(self.pods.pods.values()) if pod.process}

    def _start(self, boot: Callable[[], None]) -> None:
        self._booting = threading.Thread(target=boot, name=f"boot {self.instance.id}", daemon=True)
        self._booting.start()

    def _first_boot(self) -> None:
        if not self._up(self._plan.hostname or self.instance.local_hostname):
            return
        for note in self._plan.notes:
            self._console(note)
        try:
            self.root.write_first_boot(self._plan)
            if self._plan.enabled:
                self.systemd.systemctl(["enable", *self._plan.enabled])
            self.systemd.boot()
        except (OSError, UnitRefused) as error:
            self._console(f"first boot: {error}")
        self._tell(state="running")
        for line in self._plan.commands:
            self._command(line)

    def _boot_again(self) -> None:
        hostname = self.root.path("/etc/hostname").read_text().strip()
        if self._up(hostname):
            self.systemd.boot()
            self._tell(state="running")

    def _up(self, hostname: str) -> bool:
        with self._lock:
            if self._off:
                return False
            try:
                self.body.up(hostname, self._connect)
                self._socket = SystemctlSocket(self._around.loop, self.root, self.systemd)
            except (OSError, subprocess.CalledProcessError) as error:
                self._console(f"the machine does not come up: {error}")
                return False
        return True

    def _connect(self, pid: int) -> None:
        self._around.network.connect(pid, self.instance.private_ip, self._cable)

    def _command(self, line: str) -> None:
        """A shell line of cloud-init's runcmd; a failure is said and the next one runs."""
        try:
            process = self.body.spawn(["/bin/sh", "-c", line], stdout=subprocess.PIPE)
        except OSError:
            return  # terminated meanwhile
        assert process.stdout
        with process.stdout:
            for said in process.stdout:
                self._console(said.decode(errors="replace").rstrip("\n"))
        if process.wait() != 0 and not self._off:
            self._console(f"cloud-init: runcmd {line!r} ended with status {process.returncode}")

    def _address_of(self, name: str) -> str:
        """Resolves as the machine does: its hosts file, then the VPC's resolver."""
        found = in_hosts(self.root.path("/etc/hosts").read_text(), name) or self._around.names(name)
        if found is None:
            if name.replace(".", "").isdigit():
                return name
            raise OSError(f"{name}: no such host")
        return found

    def _api_is_ready(self) -> bool:
        return api_is_ready(self.instance.private_ip)

    def _output(self, unit: str, line: str, console: bool) -> None:
        """What a unit writes: to its journal, a file here, and to the console where the unit says so."""
        if self._off:
            return
        journal = self.root.path(f"/var/log/units/{unit}.log")
        journal.parent.mkdir(parents=True, exist_ok=True)
        with journal.open("a") as output:
            output.write(f"{line}\n")
        if console:
            self._console(line)

    def _console(self, line: str) -> None:
        self._tell(console=f"{line}\n")

    def _unit(self, name: str, active: str) -> None:
        if not self._off:
            self._tell(unit=name, active=active)

    def _tell(self, **what: Any) -> None:
        self._around.tell({"machine": self.instance.id, **what})
