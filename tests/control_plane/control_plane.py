"""A real Kubernetes control plane on loopback: etcd, kube-apiserver, controller manager, scheduler, and kwok.

The components are the real ones, with RBAC, the Node authoriser and NodeRestriction on. There are no kubelets:
kwok keeps annotated Nodes Ready and says of every pod on them that it runs, so pods are simulated.
"""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from canal_aws.sandbox.fleet.errors import ApiError, ProcessFailed
from canal_aws.sandbox.fleet.processes import Child, stop
from tests.control_plane.api_client import ApiClient
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.components import GO_ENVIRONMENT, LOOPBACK, CommandLines, Ports
from tests.control_plane.pki import Pki

READY_SECONDS = 120.0  # about 4 s on two idle cores; the rest is for a machine that is busy
_POLL_SECONDS = 0.05
_PORT_ATTEMPTS = 3
_CLUSTER_ADMINS = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"


class ControlPlane:
    """One cluster. `start` returns when it is ready; `stop` leaves no process and no file.

    Call `start` from a thread that lives as long as the cluster should (see processes.Child). Its folder must be
    its own: everything in it is removed at the end.
    """

    def __init__(
        self, bin_dir: Path, folder: Path, shape: ClusterShape, cancelled: Callable[[], bool] = lambda: False
    ) -> None:
        self.bin_dir = bin_dir
        self.folder = folder
        self.shape = shape
        self.children: dict[str, Child] = {}
        self.notes: list[str] = []
        self.version = ""  # the API server's own, without "v"; known once it is ready
        self._cancelled = cancelled  # asked while `start` waits
        self._pki: Pki | None = None
        self._ports: Ports | None = None
        self._admin: ApiClient | None = None

    @property
    def pki(self) -> Pki:
        if self._pki is None:
            raise RuntimeError("the control plane was not started")
        return self._pki

    @property
    def api_port(self) -> int:
        if self._ports is None:
            raise RuntimeError("the control plane was not started")
        return self._ports.api

    @property
    def server(self) -> str:
        """The API's URL."""
        return f"https://{LOOPBACK}:{self.api_port}"

    @property
    def kubeconfig_path(self) -> Path:
        """The administrator's (CN kubernetes-admin, O kubeadm:cluster-admins, bound to cluster-admin)."""
        return self.pki.kubeconfig_path("admin")

    @property
    def kubeconfig(self) -> str:
        return self.kubeconfig_path.read_text()

    @property
    def admin(self) -> ApiClient:
        """Calls as the administrator; for one thread."""
        if self._admin is None:
            self._admin = self.client("admin")
        return self._admin

    @property
    def pids(self) -> dict[str, int]:
        return {name: child.pid for name, child in self.children.items() if child.returncode is None}

    def client(self, name: str) -> ApiClient:
        """Calls as one of the Pki's users: "admin", "super-admin", "scheduler" …"""
        path = self.pki.path
        return ApiClient(self.server, path("ca.crt"), path(f"{name}.crt"), path(f"{name}.key"))

    def client_as(self, user: str, group: str | None = None) -> ApiClient:
        """Calls as any user: a certificate is made for it. A kubelet is ("system:node:NAME", "system:nodes")."""
        name = "as-" + user.replace(":", "-").replace("/", "-")
        self.pki.ca.client(user, group).write(self.pki.folder, name)
        return self.client(name)

    def start(self) -> Self:
        """Start everything; returns when the API is ready, the administrator is one and controllers work.

        Raises ProcessFailed, with the end of the log, when a component ends or nothing is ready in time; nothing
        is left running then.
        """
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            try:
                self._start(time.monotonic() + READY_SECONDS)
            except ProcessFailed as error:
                self.stop()
                if "address already in use" not in str(error) or attempt == _PORT_ATTEMPTS:
                    raise
            except BaseException:
                self.stop()
                raise
            else:
                return self
        raise AssertionError("unreachable")

    def stop(self) -> None:
        """End every process by pid, clients of the API before it and etcd last, and remove the folder."""
        order = (("kwok", "kube-scheduler", "kube-controller-manager"), ("kube-apiserver",), ("etcd",))
        stop([[self.children[name] for name in group if name in self.children] for group in order])
        self.children.clear()
        if self._admin:
            self._admin.close()
            self._admin = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def dead(self) -> list[Child]:
        """Components that ended by themselves."""
        return [child for child in self.children.values() if child.returncode is not None]

    def _start(self, deadline: float) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ports = _free_ports()
        self._pki = Pki.create(self.folder / "pki", self.shape, self.server)
        lines = CommandLines(self.shape, self._pki, self._ports, self.folder)
        self.notes = lines.notes
        (self.folder / "kwok.yaml").touch()
        self._spawn("etcd", lines.etcd)
        self._spawn("kube-apiserver", lines.apiserver)
        super_admin = self.client("super-admin")
        try:
            # They would end or back off while nothing answers; an API that answers but is not ready is enough.
            self._until(deadline, lambda: _answers(super_admin))
            self._spawn("kube-controller-manager", lines.controller_manager)
            self._spawn("kube-scheduler", lines.scheduler)
            self._until(deadline, super_admin.ready)
            self.version = str(super_admin.get("/version")["gitVersion"]).removeprefix("v")
            _bind_cluster_admins(super_admin)
            self._spawn("kwok", lines.kwok)
            # The first thing that the controller manager does for everyone: without it no Pod is accepted.
            service_account = "/api/v1/namespaces/kube-system/serviceaccounts/default"
            self._until(deadline, lambda: super_admin.find(service_account) is not None)
        finally:
            super_admin.close()

    def _spawn(self, name: str, flags: list[str]) -> None:
        argv = [str(self.bin_dir / name), *flags]
        self.children[name] = Child(name, argv, self.folder / f"{name}.log", GO_ENVIRONMENT)

    def _until(self, deadline: float, condition: Callable[[], bool]) -> None:
        while not condition():
            for child in self.children.values():
                child.raise_if_gone()
            if self._cancelled():
                raise ProcessFailed("the control plane was ended while it started")
            if time.monotonic() > deadline:
                logs = "\n".join(f"{child.name}: {child.log_tail()}" for child in self.children.values())
                raise ProcessFailed(f"the control plane was not ready within {READY_SECONDS:.0f} s:\n{logs}")
            time.sleep(_POLL_SECONDS)


def _answers(client: ApiClient) -> bool:
    try:
        client.get("/version")
    except ApiError as error:
        return error.status != 0
    return True


def _bind_cluster_admins(client: ApiClient) -> None:
    """What `kubeadm init` does with super-admin.conf before admin.conf works."""
    client.create(
        _CLUSTER_ADMINS,
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "kubeadm:cluster-admins"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "kubeadm:cluster-admins"}],
        },
    )


def _free_ports() -> Ports:
    """Three free TCP ports on loopback; held together until all are known, so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(3)]
        for listener in sockets:
            listener.bind((LOOPBACK, 0))
        return Ports(*(listener.getsockname()[1] for listener in sockets))
