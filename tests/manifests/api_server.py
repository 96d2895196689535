"""etcd and one kube-apiserver on loopback, of any version: enough to judge objects, since nothing acts on them.

RBAC, the Node authoriser and NodeRestriction are on, as kubeadm has them. Users come from a token file, so that a test
can be any kubelet.
"""

from __future__ import annotations

import secrets
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import requests
import yaml

_READY_WITHIN = 60.0  # seconds; about 3 on an idle core
_LOOPBACK = "127.0.0.1"
#: Name to (user, groups).
USERS = {
    "admin": ("kubernetes-admin", "system:masters"),
    "controllers": ("system:kube-controller-manager", ""),
    "node-a": ("system:node:node-a", "system:nodes"),
    "node-b": ("system:node:node-b", "system:nodes"),
    "stranger": ("system:node:stranger", "system:nodes"),
}


class ApiServer:
    """Start with `start`; `stop` ends both processes. Everything that they write is in `folder`."""

    def __init__(self, etcd: Path, kube_apiserver: Path, folder: Path) -> None:
        self._binaries = etcd, kube_apiserver
        self.folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []
        self._tokens = {name: secrets.token_hex(16) for name in USERS}
        self.url = ""

    @property
    def kubeconfig_path(self) -> Path:
        """The administrator's."""
        return self.folder / "admin.conf"

    def session(self, name: str = "admin") -> requests.Session:
        """HTTPS as one of USERS."""
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.folder / "apiserver.crt")
        session.headers["Authorization"] = f"Bearer {self._tokens[name]}"
        return session

    def start(self) -> None:
        port, etcd_port, peer_port = _free_ports(3)
        self.url = f"https://{_LOOPBACK}:{port}"
        etcd, kube_apiserver = self._binaries
        client = f"http://{_LOOPBACK}:{etcd_port}"
        peer = f"http://{_LOOPBACK}:{peer_port}"
        self._run(
            etcd,
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync=true",
        )
        key = self.folder / "sa.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        tokens = self.folder / "tokens.csv"
        tokens.write_text(
            "".join(f'{self._tokens[name]},{user},{name},"{groups}"\n' for name, (user, groups) in USERS.items())
        )
        self._run(
            kube_apiserver,
            f"--bind-address={_LOOPBACK}",
            f"--secure-port={port}",
            f"--cert-dir={self.folder}",
            f"--etcd-servers={client}",
            f"--token-auth-file={tokens}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            # It waits for a controller that nobody runs here.
            "--disable-admission-plugins=ServiceAccount",
            "--allow-privileged=true",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.96.0.0/16",
        )
        self._wait_ready()
        self.kubeconfig_path.write_text(yaml.safe_dump(self._kubeconfig()))

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _run(self, binary: Path, *arguments: str) -> None:
        with (self.folder / f"{binary.name}.log").open("wb") as log:
            self._processes.append(subprocess.Popen([binary, *arguments], stdout=log, stderr=log, cwd=self.folder))

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while not self._ready():
            for process in self._processes:
                assert process.poll() is None, f"{process.args!r} ended, see its log in {self.folder}"
            assert time.monotonic() < deadline, f"no API server after {_READY_WITHIN:.0f} s, see {self.folder}"
            time.sleep(0.05)

    def _ready(self) -> bool:
        try:
            # It makes its certificate itself, and the namespace kube-system after it is ready.
            answer = self.session().get(f"{self.url}/api/v1/namespaces/kube-system", timeout=5)
            return answer.ok and self.session().get(f"{self.url}/readyz", timeout=5).ok
        except (OSError, requests.RequestException):
            return False

    def _kubeconfig(self) -> dict[str, Any]:
        cluster = {"server": self.url, "certificate-authority": str(self.folder / "apiserver.crt")}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._tokens["admin"]}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }


def _free_ports(count: int) -> list[int]:
    """Held together until all are known, so that they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for listener in sockets:
            listener.bind((_LOOPBACK, 0))
        return [listener.getsockname()[1] for listener in sockets]
