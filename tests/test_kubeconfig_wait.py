"""The wait takes the kubeconfig of the instance that it was asked for, and says where to look when none comes."""

from __future__ import annotations

import base64
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path

import boto3
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from moto import mock_aws

from canal_aws.kubeconfig_wait import (
    PLACEHOLDER,
    AnotherCluster,
    ApiTimeout,
    KubeconfigTimeout,
    KubeconfigUnreadable,
    published,
    wait_for_api,
    wait_for_kubeconfig,
)

REGION, PARAMETER, INSTANCE = "us-east-1", "/canal-aws/dev/kubeconfig", "i-0aa"


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    with mock_aws():
        yield


def publish(value: str) -> None:
    boto3.client("ssm", region_name=REGION).put_parameter(
        Name=PARAMETER, Value=value, Type="SecureString", Overwrite=True
    )


def wait(timeout: float = 0.1) -> str:
    ssm = boto3.client("ssm", region_name=REGION)
    return wait_for_kubeconfig(ssm, PARAMETER, INSTANCE, timeout, lambda text: None)


def test_what_the_instance_itself_wrote_is_taken() -> None:
    text = f"# written-by: {INSTANCE}\napiVersion: v1\n"
    publish(text)
    assert wait() == text


@pytest.mark.parametrize("prefix_of_another", ["i-0bb", "i-0aaf"])
def test_a_replaced_control_planes_kubeconfig_is_never_taken(prefix_of_another: str) -> None:
    publish(f"# written-by: {prefix_of_another}\napiVersion: v1\n")
    with pytest.raises(KubeconfigTimeout, match=rf"founded|{prefix_of_another}") as caught:
        wait()
    assert f"for name in {PARAMETER} {PARAMETER.rpartition('/')[0]}/join; do aws ssm put-parameter" in str(caught.value)


def test_the_placeholder_is_waited_out_and_the_message_says_where_to_look() -> None:
    publish(PLACEHOLDER)
    with pytest.raises(KubeconfigTimeout) as caught:
        wait()
    for part in (INSTANCE, PARAMETER, "placeholder", "apiAllowedCidrs", "start-session", "get-console-output"):
        assert part in str(caught.value)


def test_a_missing_parameter_is_said_with_awss_own_words() -> None:
    with pytest.raises(KubeconfigTimeout, match="ParameterNotFound"):
        wait()


def kubeconfig_for(port: int, authority: x509.Certificate) -> str:
    pem = authority.public_bytes(Encoding.PEM)
    cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": base64.b64encode(pem).decode()}
    return yaml.safe_dump({"clusters": [{"name": "c", "cluster": cluster}]})


def certificate() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "api")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = (
        builder.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    builder = builder.add_extension(address, False).add_extension(x509.BasicConstraints(True, None), True)
    return builder.sign(key, SHA256()), key


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[int, x509.Certificate, list[int]]]:
    """A server on loopback that answers with the statuses in a list, the last one over and over."""
    statuses = [200]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    issued, key = certificate()
    pem = tmp_path / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + issued.public_bytes(Encoding.PEM))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port, issued, statuses
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("answers", [[200], [503, 200], [403]])
def test_an_api_that_answers_ends_the_wait(api: tuple[int, x509.Certificate, list[int]], answers: list[int]) -> None:
    port, authority, statuses = api
    statuses[:] = answers
    wait_for_api(kubeconfig_for(port, authority), INSTANCE, 10, lambda text: None)


def test_an_api_that_is_not_ready_says_first_who_may_reach_it_and_then_which_instance_to_look_at(
    api: tuple[int, x509.Certificate, list[int]],
) -> None:
    port, authority, statuses = api
    statuses[:] = [503]
    with pytest.raises(ApiTimeout) as caught:
        wait_for_api(kubeconfig_for(port, authority), INSTANCE, 0.1, lambda text: None)
    text = str(caught.value)
    places = [text.index(part) for part in ("503", "apiAllowedCidrs", f"start-session --target {INSTANCE}")]
    assert places == sorted(places)
    assert f"get-console-output --latest --instance-id {INSTANCE}" in text


def test_the_api_of_another_cluster_is_named_as_that_before_the_time_is_over(
    api: tuple[int, x509.Certificate, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canal_aws.kubeconfig_wait._ANOTHER_CLUSTER_FOR", 0.2)
    with pytest.raises(AnotherCluster, match="belongs to another cluster") as caught:
        wait_for_api(kubeconfig_for(api[0], certificate()[0]), INSTANCE, 600, lambda text: None)
    assert INSTANCE in str(caught.value)


@pytest.mark.parametrize(
    "text", ["# written-by: i-0aa\n", "clusters: [", "clusters: []", "clusters: [{cluster: {server: a}}]"]
)
def test_what_is_no_kubeconfig_is_said_without_showing_it(text: str) -> None:
    with pytest.raises(KubeconfigUnreadable, match=r"publish\.sh kubeconfig"):
        wait_for_api(text, INSTANCE, 1, lambda text: None)


def test_what_is_published_is_told_without_a_wait() -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    assert published(ssm, PARAMETER) is None
    publish(PLACEHOLDER)
    assert published(ssm, PARAMETER) is None
    text = "# written-by: i-0bb\napiVersion: v1\n"
    publish(text)
    assert published(ssm, PARAMETER) == text


@pytest.mark.parametrize("ready", [0.0, 3.0, 17.0, 100.0, 299.0])
def test_what_is_there_is_seen_soon_and_awss_is_not_asked_too_often(
    ready: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("canal_aws.kubeconfig_wait.time", clock)
    asked = []

    class Ssm:
        def get_parameter(self, **_: object) -> dict[str, dict[str, str]]:
            asked.append(clock.now)
            return {"Parameter": {"Value": f"# written-by: {INSTANCE}\n" if clock.now >= ready else PLACEHOLDER}}

    wait_for_kubeconfig(Ssm(), PARAMETER, INSTANCE, 320.0, lambda text: None)
    assert clock.now <= max(ready + 0.5, ready * 1.1)
    assert len(asked) <= 65


class Clock:
    """Time that passes in sleep alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
