"""Where the machine's `systemctl` asks: a socket at systemd's own place, /run/systemd/private."""

from __future__ import annotations

import asyncio
import os
import socket

from canal_aws.sandbox.machines.inside.http_server import Request, Response, handler
from canal_aws.sandbox.machines.inside.loop import Loop
from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.inside.systemd import Systemd


class SystemctlSocket:
    """Answers from its making until `close`: the words of the command, each ended by NUL, give status and output."""

    def __init__(self, loop: Loop, root: Root, systemd: Systemd) -> None:
        self._loop = loop
        self._systemd = systemd
        place = root.folder / "run/systemd/private"
        place.unlink(missing_ok=True)
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # A socket's path has at most 107 bytes (unix(7)), and this one's folder may be deep: by way of a descriptor.
        folder = os.open(place.parent, os.O_PATH | os.O_DIRECTORY)
        try:
            made.bind(f"/proc/self/fd/{folder}/{place.name}")
        finally:
            os.close(folder)
        made.listen(16)
        self._server = loop.run(asyncio.start_unix_server(handler(self._answer), sock=made))

    def close(self) -> None:
        self._loop.call(self._server.close)

    async def _answer(self, request: Request) -> Response:
        words = [word for word in request.body.decode(errors="replace").split("\0") if word]
        status, output = await asyncio.to_thread(self._systemd.systemctl, words)
        return Response(200, f"{status}\n{output}".encode())
