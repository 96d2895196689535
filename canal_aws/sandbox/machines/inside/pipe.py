"""Two connections joined: what load balancers, the way out and the proxy have in common."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable

_CHUNK = 1 << 16
# asyncio refers to tasks and to streams' readers weakly: once one side has ended, a joined pair would be garbage.
_copying: set[asyncio.Task[None]] = set()


async def join(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    other: socket.socket,
    look: Callable[[bytes], None] = lambda sent: None,
) -> None:
    """Copies both ways between a connection and `other`, a connected socket, until both have ended.

    `look` is shown what the connection sends, as it comes.
    """
    try:
        far_reader, far_writer = await asyncio.open_connection(sock=other)
    except OSError:
        other.close()
        writer.close()
        return
    ways = [asyncio.create_task(_copy(reader, far_writer, look)), asyncio.create_task(_copy(far_reader, writer))]
    _copying.update(ways)
    try:
        await asyncio.gather(*ways)
    finally:
        _copying.difference_update(ways)
        for way in ways:
            way.cancel()
        far_writer.close()
        writer.close()


async def connect(made: socket.socket, address: str, port: int, seconds: float) -> socket.socket | None:
    """`made` connected, or closed and None where nothing accepts within `seconds`."""
    try:
        await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, (address, port)), seconds)
    except (OSError, TimeoutError):
        made.close()
        return None
    return made


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, look: Callable[[bytes], None] = lambda sent: None
) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            look(chunk)
            writer.write(chunk)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        writer.write_eof()
