"""Stand-in for the cluster that a node joins: what the API server and etcd answer to the scripts, over TLS.

It models cluster-info (anonymous), a Node (to a valid token), and etcd's member list and removal; all else is refused.
The same scripts meet the real ones in test_drill.py and in tests/sandbox/machines.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.bootstrap.material import CLUSTER_INFO_TOKENS, cluster_ca
from tests.bootstrap.specs import spec

ETCD_ADDRESS = "10.0.16.11"


class ClusterServices:
    """`tokens` are known to the cluster, `nodes` maps names to provider ids, `members` are etcd's as its gateway writes.

    `ca_data` is the CA that cluster-info shows; `on_ask` is called before each answer of it, `asked` counts them.
    """

    def __init__(self, folder: Path) -> None:
        self.tokens = set(CLUSTER_INFO_TOKENS)
        self.nodes: dict[str, str] = {}
        self.members: list[dict[str, Any]] = [
            {"ID": "10", "name": "node-0", "peerURLs": [f"https://{ETCD_ADDRESS}:2380"]},
        ]
        self.removed: list[str] = []
        self.unremovable: set[str] = set()
        self.asked = 0
        self.authorizations: list[str] = []
        self.on_ask: Callable[[], None] = lambda: None
        self.ca_data = cluster_ca().pem
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.port = self._server.server_port
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        folder.mkdir(parents=True, exist_ok=True)
        pem = folder / "server.pem"
        pem.write_text(cluster_ca().server(spec("worker").api_endpoint, ETCD_ADDRESS, "127.0.0.1"))
        context.load_cert_chain(pem)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        """Stops the server and waits for its thread."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def routes(self) -> dict[str, int]:
        """The addresses that it stands for."""
        return {
            f"{spec('worker').api_endpoint}:6443": self.port,
            f"{ETCD_ADDRESS}:2379": self.port,
            "127.0.0.1:2379": self.port,
        }

    def cluster_info(self) -> dict[str, Any]:
        """The ConfigMap that kubeadm's bootstrap-token phase makes and the bootstrap signer signs."""
        data = base64.b64encode(self.ca_data.encode()).decode()
        kubeconfig = f"apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: {data}\n    server: x\n"
        signatures = {f"jws-kubeconfig-{token.partition('.')[0]}": "signature" for token in self.tokens}
        return {"data": {"kubeconfig": kubeconfig, **signatures}}

    def get(self, path: str, authorization: str) -> tuple[int, object]:
        """Status and answer."""
        if path == "/api/v1/namespaces/kube-public/configmaps/cluster-info":
            self.asked += 1
            self.on_ask()
            return 200, self.cluster_info()
        if not path.startswith("/api/v1/nodes/"):
            return 403, {}
        self.authorizations.append(authorization)
        if authorization.removeprefix("Bearer ") not in self.tokens:
            return 401, {}
        provider_id = self.nodes.get(path.rpartition("/")[2])
        return (404, {}) if provider_id is None else (200, {"spec": {"providerID": provider_id}})

    def post(self, path: str, request: dict[str, Any]) -> tuple[int, object]:
        """Status and answer of etcd's gateway."""
        if path == "/v3/cluster/member/list":
            return 200, {"members": self.members}
        if path == "/v3/cluster/member/remove":
            if request["ID"] in self.unremovable:
                return 503, {"code": 14, "message": "etcdserver: unhealthy cluster"}
            self.removed.append(request["ID"])
            self.members = [member for member in self.members if member["ID"] != request["ID"]]
            return 200, {"members": self.members}
        return 404, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(*services.get(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(*services.post(self.path, json.loads(body)))

            def answer(self, status: int, document: object) -> None:
                text = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *arguments: object) -> None:
                """Quiet."""

        return Handler
