"""Nodes are waited for by the instance that registered them, over TLS with the kubeconfig's own certificate."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from canal_aws.node_wait import NodesTimeout, wait_for_nodes
from tests.control_plane.certificates import CertificateAuthority
from tests.control_plane.kubeconfig import kubeconfig


class Api:
    """Node names to the provider ids that the API server answers one after the other, the last one over and over."""

    def __init__(self, folder: Path) -> None:
        self.provider_ids: dict[str, list[str]] = {}
        self.asked = 0
        authority = CertificateAuthority.create("kubernetes")
        authority.write(folder, "ca")
        chain = authority.server("kube-apiserver", ["127.0.0.1"]).write(folder, "server")
        api = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = api.answer(self.path)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.crt"))
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(*chain)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.kubeconfig = kubeconfig(
            cluster="kubernetes",
            user="kubernetes-admin",
            server=f"https://127.0.0.1:{self.server.server_port}",
            ca_pem=authority.certificate_pem,
            client=authority.client("kubernetes-admin"),
        )

    def answer(self, path: str) -> tuple[int, dict[str, object]]:
        self.asked += 1
        ids = self.provider_ids.get(path.rsplit("/", 1)[1], [""])
        found = ids.pop(0) if len(ids) > 1 else ids[0]
        if found == "down":
            return 503, {}
        return (200, {"spec": {"providerID": found} if found != "none" else {}}) if found else (404, {})


@pytest.fixture
def api(tmp_path: Path) -> Iterator[Api]:
    server = Api(tmp_path)
    thread = threading.Thread(target=server.server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.server.shutdown()
    server.server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("canal_aws.node_wait._PAUSE", 0.01)


@pytest.mark.parametrize("before", [[], [""], ["none"], ["down"], ["aws:///us-east-1a/i-old"]])
def test_a_node_counts_once_its_own_instance_has_registered_it(api: Api, before: list[str]) -> None:
    """Not there, there without a provider id, the API away, or still the one that was replaced."""
    api.provider_ids = {"control-plane-0": [*before, "aws:///us-east-1a/i-new"]}
    wait_for_nodes(api.kubeconfig, {"control-plane-0": "i-new"}, 10, print)
    assert api.asked == len(before) + 1


def test_what_lacks_is_named_with_its_instance_and_the_way_out(api: Api) -> None:
    api.provider_ids = {"control-plane-0": ["aws:///us-east-1a/i-0"]}
    with pytest.raises(NodesTimeout) as raised:
        wait_for_nodes(api.kubeconfig, {"control-plane-0": "i-0", "control-plane-1": "i-1"}, 0.1, print)
    message = str(raised.value)
    assert "control-plane-1 (i-1)" in message
    assert "control-plane-0" not in message
    assert "get-console-output" in message


def test_an_api_server_of_another_cluster_is_never_believed(api: Api, tmp_path: Path) -> None:
    api.provider_ids = {"control-plane-0": ["aws:///us-east-1a/i-0"]}
    (tmp_path / "other").mkdir()
    other = Api(tmp_path / "other")
    other.server.server_close()
    theirs = other.kubeconfig.replace(str(other.server.server_port), str(api.server.server_port))
    with pytest.raises(NodesTimeout, match="certificate verify failed"):
        wait_for_nodes(theirs, {"control-plane-0": "i-0"}, 0.1, print)
    assert api.asked == 0
