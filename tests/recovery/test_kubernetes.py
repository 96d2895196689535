"""Objects found by kind, namespace and name, with their field manager; an API that is silent is never taken for an empty one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from canal_aws.recovery import kubernetes
from canal_aws.recovery.errors import ClusterSilent
from canal_aws.stack.deployment import Deployment
from tests.recovery.states import operation, resource

PROVIDER = "urn:pulumi:dev::canal-aws::pulumi:providers:kubernetes::kubernetes"
MANAGED = [{"manager": "kube-controller-manager"}, {"manager": "pulumi-kubernetes-0a1b2c3d"}]


class Api(BaseHTTPRequestHandler):
    """A Kubernetes API of two kinds, with one object of each."""

    answers: ClassVar[dict[str, Any]] = {
        "/api/v1": {
            "resources": [
                {"name": "configmaps", "kind": "ConfigMap", "namespaced": True},
                {"name": "serviceaccounts", "kind": "ServiceAccount", "namespaced": True},
                {"name": "serviceaccounts/token", "kind": "TokenRequest", "namespaced": True},
            ]
        },
        "/apis/rbac.authorization.k8s.io/v1": {
            "resources": [{"name": "clusterroles", "kind": "ClusterRole", "namespaced": False}]
        },
        "/api/v1/namespaces/kube-system/configmaps/canal-config": {
            "metadata": {"name": "canal-config", "namespace": "kube-system", "managedFields": MANAGED}
        },
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/calico": {"metadata": {"name": "calico"}},
    }
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        answer = self.answers.get(self.path)
        self.send_response(self.status if answer or self.status != 200 else 404)
        self.end_headers()
        self.wfile.write(json.dumps(answer or {}).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test's own output is enough."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{served.server_port}"
    served.shutdown()
    served.server_close()


def state(server: str, *objects: tuple[str, str, dict[str, Any]]) -> Deployment:
    """A state with a provider for `server`, its kubeconfig decrypted as --show-secrets does, and pending creations."""
    kubeconfig = json.dumps({"clusters": [{"cluster": {"server": server}}], "users": [{"user": {"token": "t"}}]})
    provider = {
        "urn": PROVIDER,
        "custom": True,
        "id": "1",
        "type": "pulumi:providers:kubernetes",
        "inputs": {"kubeconfig": {"4dabf18193072939515e22adb298388d": "x", "plaintext": json.dumps(kubeconfig)}},
    }
    pending = []
    for version, kind, metadata in objects:
        token = f"kubernetes:{version}:{kind}"
        inputs = {"apiVersion": version, "kind": kind, "metadata": metadata}
        pending.append(
            operation("creating", resource(token, metadata["name"], inputs) | {"provider": f"{PROVIDER}::1"})
        )
    return Deployment(json.dumps({"deployment": {"resources": [provider], "pending_operations": pending}}))


CONFIG = ("v1", "ConfigMap", {"name": "canal-config", "namespace": "kube-system"})
ROLE = ("rbac.authorization.k8s.io/v1", "ClusterRole", {"name": "calico"})
ABSENT = ("v1", "ServiceAccount", {"name": "canal", "namespace": "kube-system"})
UNKNOWN = ("crd.projectcalico.org/v1", "IPPool", {"name": "default-ipv4-ippool"})


def test_objects_that_are_there_are_found_with_their_field_manager(server: str) -> None:
    there = state(server, CONFIG, ROLE, ABSENT, UNKNOWN)
    found = kubernetes.find(there, there.pending())
    by_name = {each.rpartition("::")[2]: made for each, made in found.items()}
    assert by_name == {
        "canal-config": ("kube-system/canal-config", {"__fieldManager": "pulumi-kubernetes-0a1b2c3d"}),
        "calico": ("calico", {}),
    }


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_refusal_is_not_an_absence(server: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Api, "status", status)
    there = state(server, CONFIG)
    with pytest.raises(ClusterSilent, match=f"HTTP {status}.*nothing was changed.*--cluster-gone"):
        kubernetes.find(there, there.pending())


def test_an_api_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        there = state(f"http://127.0.0.1:{closed.getsockname()[1]}", CONFIG)
        with pytest.raises(ClusterSilent, match=r"Connection refused.*apiAllowedCidrs"):
            kubernetes.find(there, there.pending())
