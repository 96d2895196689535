"""The way into the VPCs refuses everything else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from canal_aws.sandbox.fleet.proxy import Proxy


@pytest.fixture
def way() -> Iterator[str]:
    """A VPC's own proxy, as far as one connection goes: it answers 200 and then what it is sent, in capitals."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(4096).startswith(b"CONNECT api.internal:6443")
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while data := connection.recv(4096):
                connection.sendall(data.upper())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


@pytest.fixture
def proxy(way: str) -> Iterator[Proxy]:
    proxy = Proxy({"api.internal": way, "gone.internal": "http://127.0.0.1:1"}.get)
    proxy.start()
    yield proxy
    proxy.stop()


def connection(proxy: Proxy, request: str) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), 5)
    made.sendall(request.encode())
    return made


def test_it_leads_to_what_a_vpc_knows(proxy: Proxy) -> None:
    with connection(proxy, "CONNECT api.internal:6443 HTTP/1.1\r\n\r\n") as made:
        assert made.recv(4096).startswith(b"HTTP/1.1 200")
        made.sendall(b"hello")
        assert made.recv(4096) == b"HELLO"
        made.shutdown(socket.SHUT_WR)
        assert made.recv(4096) == b""


@pytest.mark.parametrize(
    ("request_line", "status", "said"),
    [
        ("CONNECT example.com:443", 403, "example.com is in no VPC"),
        ("GET http://api.internal/", 405, "CONNECT"),
        ("CONNECT gone.internal:6443", 502, "does not answer"),
    ],
)
def test_it_refuses_every_other_host_and_method(proxy: Proxy, request_line: str, status: int, said: str) -> None:
    with connection(proxy, f"{request_line} HTTP/1.1\r\n\r\n") as made:
        answer = made.makefile("rb").read().decode()
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert said in answer
