"""A CONNECT proxy on loopback into the VPCs, in place of the VPN or the bastion that reaches a private API on AWS.

It leads to what one of the VPCs knows (its machines, and its internal load balancers by name) and refuses every other
host: it is no way out of the sandbox.
"""

from __future__ import annotations

import socket
import socketserver
import threading
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_HEAD_BYTES = 8192
_CONNECT_SECONDS = 10.0


class Proxy:
    """`way_to` answers a host with the URL of the VPC's own proxy that leads there, or None."""

    def __init__(self, way_to: Callable[[str], str | None]) -> None:
        class Handler(socketserver.BaseRequestHandler):
            """One connection of a client."""

            def handle(self) -> None:
                _serve(self.request, way_to)

        class Server(socketserver.ThreadingTCPServer):
            """A thread a connection; none keeps the process from ending."""

            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that goes away in between is its own business."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="proxy", daemon=True
        ).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _serve(client: socket.socket, way_to: Callable[[str], str | None]) -> None:
    client.settimeout(_CONNECT_SECONDS)
    head = _head(client)
    method, _, rest = head.partition(b" ")
    target = rest.partition(b" ")[0].decode("latin-1")
    host = target.rpartition(":")[0].strip("[]")
    if method != b"CONNECT" or not host:
        client.sendall(_refusal(405, "this proxy takes CONNECT host:port only"))
        return
    way = way_to(host)
    if way is None:
        client.sendall(_refusal(403, f"{host} is in no VPC of this sandbox"))
        return
    url = urllib.parse.urlsplit(way)
    try:
        server = socket.create_connection((url.hostname or "", url.port or 80), _CONNECT_SECONDS)
    except OSError as error:
        client.sendall(_refusal(502, f"the VPC of {host} does not answer: {error}"))
        return
    with server:
        server.sendall(head)  # the VPC's own proxy answers it
        for each in (client, server):
            each.settimeout(None)
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join()


def _head(client: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _HEAD_BYTES:
        if not (more := client.recv(_HEAD_BYTES)):
            break
        head += more
    return head


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for each, how in ((sink, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            each.shutdown(how)


def _refusal(status: int, reason: str) -> bytes:
    body = (reason + "\n").encode()
    return f"HTTP/1.1 {status} Refused\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body
