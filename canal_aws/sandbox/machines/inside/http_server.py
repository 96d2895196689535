"""As much of an HTTP/1.1 server as the metadata service, systemctl's stand-in and /healthz need; on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

_LARGEST_BODY = 1 << 20
_SECONDS = 30.0


@dataclass(frozen=True)
class Request:
    """`source` is the caller's address; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    source: str


@dataclass(frozen=True)
class Response:
    """A status and a body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Request], Awaitable[Response]]


def handler(answer: Answer) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    """A connection handler for asyncio's servers: one request a connection, since every caller here sends one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await asyncio.wait_for(_read(reader, writer), _SECONDS)
            response = await answer(request)
            head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", "Connection: close"]
            head += [f"Content-Length: {len(response.body)}", "Content-Type: text/plain"]
            head += [f"{name}: {value}" for name, value in response.headers.items()]
            writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + response.body)
            await writer.drain()
        except (ValueError, OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # not HTTP, or the caller has gone: there is nobody to tell
        finally:
            writer.close()

    return serve


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= _LARGEST_BODY:
        raise ValueError("body too large")
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await reader.readexactly(length)
    peer = writer.get_extra_info("peername")
    return Request(method, path, headers, body, peer[0] if isinstance(peer, tuple) else "")
