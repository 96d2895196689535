"""What the API's endpoint shows of its certificates: one node's at each connection."""

from __future__ import annotations

import base64
import itertools
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from canal_aws.day_two import certificates
from canal_aws.day_two.live_stack import Instance
from canal_aws.stack.errors import ApiError

NOW = datetime.now(UTC).replace(microsecond=0)
NODES = ("control-plane-0", "control-plane-1")


def certificate(name: str, ends: datetime) -> tuple[bytes, bytes]:
    """A certificate and its key in PEM, with the names that kubeadm gives an API server's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kube-apiserver")])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(ends - timedelta(days=365))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), x509.DNSName("kubernetes")]), critical=False)
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM), pem


class LoadBalancer:
    """Shows one of several certificates at each connection, in turn."""

    def __init__(self, folder: Path, shown: Sequence[tuple[str, datetime]]) -> None:
        self._contexts = []
        for name, ends in shown:
            file = folder / f"{name}.pem"
            file.write_bytes(b"".join(certificate(name, ends)))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(file)
            self._contexts.append(context)
        self._socket = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def kubeconfig(self) -> str:
        server = f"https://127.0.0.1:{self._socket.getsockname()[1]}"
        return yaml.safe_dump({"clusters": [{"cluster": {"server": server}}], "users": [{"user": {}}]})

    def _serve(self) -> None:
        for context in itertools.cycle(self._contexts):
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, context.wrap_socket(connection, server_side=True):
                pass

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def ends() -> dict[str, datetime]:
    return {"control-plane-0": NOW + timedelta(days=200, hours=1), "control-plane-1": NOW - timedelta(days=2)}


@pytest.fixture
def balancer(tmp_path: Path, ends: dict[str, datetime]) -> Iterator[LoadBalancer]:
    made = LoadBalancer(tmp_path, [("control-plane-0", ends["control-plane-0"]), *ends.items()])
    yield made
    made.close()


def test_each_nodes_certificate_is_found_also_one_that_has_ended(
    balancer: LoadBalancer, ends: dict[str, datetime]
) -> None:
    found = certificates.api_servers(balancer.kubeconfig, NODES)
    assert {name: each.at for name, each in found.items()} == ends
    assert found["control-plane-0"].days_left(NOW) == 200
    assert found["control-plane-1"].days_left(NOW) == -2


def test_a_node_that_no_connection_reaches_is_absent(balancer: LoadBalancer) -> None:
    assert set(certificates.api_servers(balancer.kubeconfig, (*NODES, "control-plane-2"))) == set(NODES)


def test_an_endpoint_that_does_not_answer_is_said() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = f"https://127.0.0.1:{closed.getsockname()[1]}"
        kubeconfig = yaml.safe_dump({"clusters": [{"cluster": {"server": server}}]})
        with pytest.raises(ApiError, match=r"Connection refused.*apiAllowedCidrs"):
            certificates.api_servers(kubeconfig, NODES)


def test_the_administrators_own_certificate_is_read_from_the_kubeconfig() -> None:
    data = base64.b64encode(certificate("x", NOW + timedelta(days=9, hours=1))[0]).decode()
    kubeconfig = yaml.safe_dump({"users": [{"user": {"client-certificate-data": data}}]})
    own = certificates.administrator(kubeconfig)
    assert own is not None
    assert own.days_left(NOW) == 9
    assert certificates.administrator(yaml.safe_dump({"users": [{"user": {"token": "t"}}]})) is None


def test_the_command_names_the_instance_and_the_script() -> None:
    line = certificates.renewal(Instance("control-plane-0", "control-plane", "control-plane", "urn", "i-0a"))
    assert "--target i-0a " in line
    assert "sudo /opt/canal-aws/renew-certificates.sh" in line
