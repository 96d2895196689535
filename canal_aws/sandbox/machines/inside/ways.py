"""The VPC's two ways: out to the embedded AWS, and in for the operator through a proxy. No other traffic passes."""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections.abc import Callable
from ipaddress import IPv4Network, ip_address

from canal_aws.sandbox.machines.inside import pipe
from canal_aws.sandbox.machines.inside.netns import NetworkNamespace
from canal_aws.sandbox.machines.inside.network import WAY_OUT
from canal_aws.sandbox.machines.inside.publications import Publications

_CONNECT_SECONDS = 5.0


class WayOut:
    """Forwards connections from the VPC to the embedded AWS on the host's loopback."""

    def __init__(
        self, endpoint: str, inside: NetworkNamespace, host: NetworkNamespace, publications: Publications
    ) -> None:
        url = urllib.parse.urlsplit(endpoint)
        self._address, self._port = url.hostname or "127.0.0.1", url.port or 80
        self._inside = inside
        self._host = host
        self._publications = publications

    async def start(self) -> None:
        await asyncio.start_server(self._serve, sock=self._inside.listener(WAY_OUT, 80))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached = await pipe.connect(self._host.tcp(), self._address, self._port, _CONNECT_SECONDS)
        if reached is None:
            writer.close()
        else:
            source = writer.get_extra_info("peername")[0]
            await pipe.join(reader, writer, reached, self._publications.watch(source))


class Proxy:
    """An HTTP proxy on the host's loopback for CONNECT alone, to hosts in this VPC alone."""

    def __init__(
        self,
        cidr: IPv4Network,
        address_of: Callable[[str], str | None],
        inside: NetworkNamespace,
        host: NetworkNamespace,
    ) -> None:
        self._cidr = cidr
        self._address_of = address_of
        self._inside = inside
        self._host = host

    async def start(self) -> str:
        """Listens on a free port; returns the proxy's URL."""
        made = self._host.listener("127.0.0.1", 0)
        await asyncio.start_server(self._serve, sock=made)
        return f"http://127.0.0.1:{made.getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            method, target, _ = head.split("\r\n", 1)[0].split(" ")
            host, _, port = target.rpartition(":")
            number = int(port)
        except (ValueError, OSError, EOFError, asyncio.LimitOverrunError):
            writer.close()
            return
        address = self._inside_address(host) if method == "CONNECT" else None
        if address is None:
            await _refuse(writer, "403 Forbidden", f"{host} is not in this VPC; this proxy leads nowhere else")
            return
        reached = await pipe.connect(self._inside.tcp(), address, number, _CONNECT_SECONDS)
        if reached is None:
            await _refuse(writer, "502 Bad Gateway", f"{host}:{number} accepts no connection")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await pipe.join(reader, writer, reached)

    def _inside_address(self, host: str) -> str | None:
        try:
            return host if ip_address(host) in self._cidr else None
        except ValueError:
            return self._address_of(host.lower())


async def _refuse(writer: asyncio.StreamWriter, status: str, reason: str) -> None:
    text = f"{reason}\n".encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode() + text)
    with contextlib.suppress(OSError):  # it has gone
        await writer.drain()
    writer.close()
