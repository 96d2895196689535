"""What the sandbox's load balancers take for a healthy target over HTTPS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from canal_aws.sandbox.machines.inside.load_balancers import _answers_well
from tests.control_plane.certificates import CertificateAuthority


def _asked(answer: bytes, context: ssl.SSLContext | None) -> tuple[bool, bytes]:
    # asyncio.run would leave this thread without the loop that Pulumi's mocks use.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_served(answer, context))
    finally:
        loop.close()


async def _served(answer: bytes, context: ssl.SSLContext | None) -> tuple[bool, bytes]:
    """Whether a server that gives this answer is healthy, and what it was asked."""
    asked = b""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked = await reader.readline()
        writer.write(answer)
        await writer.drain()
        if answer:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        address = server.sockets[0].getsockname()
        reached = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        await asyncio.get_running_loop().sock_connect(reached, address)
        return await _answers_well(reached, "/readyz"), asked


@pytest.fixture
def context(tmp_path: Path) -> ssl.SSLContext:
    """A server's, with a certificate that names nobody who asks."""
    certificate, key = CertificateAuthority.create("unknown").write(tmp_path, "server")
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


@pytest.mark.parametrize(
    ("answer", "healthy"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nok", True),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", False),
        (b"HTTP/1.1 500 Internal Server Error\r\n\r\n200", False),
        (b"nonsense\r\n", False),
        (b"", False),
    ],
)
def test_only_200_is_healthy(context: ssl.SSLContext, answer: bytes, healthy: bool) -> None:
    assert _asked(answer, context) == (healthy, b"GET /readyz HTTP/1.1\r\n")


def test_a_target_without_tls_is_not_healthy() -> None:
    found, _ = _asked(b"HTTP/1.1 200 OK\r\n\r\n", None)
    assert not found
