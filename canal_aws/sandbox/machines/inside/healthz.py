"""The kubelet's /healthz, on 127.0.0.1 in its machine."""

from __future__ import annotations

import asyncio

from canal_aws.sandbox.machines.inside.http_server import Request, Response, handler
from canal_aws.sandbox.machines.inside.loop import Loop
from canal_aws.sandbox.machines.inside.netns import NetworkNamespace

PORT = 10248
"""KubeletConfiguration healthzPort's default, which kubeadm asks."""


class Healthz:
    """Answers from its making until `close`. OSError where the port is taken. `pid` is a process of the machine."""

    def __init__(self, loop: Loop, pid: int) -> None:
        self._loop = loop
        namespace = NetworkNamespace(f"/proc/{pid}/ns/net")
        try:
            listener = namespace.listener("127.0.0.1", PORT)
        finally:
            namespace.close()
        self._server = loop.run(asyncio.start_server(handler(_answer), sock=listener))

    def close(self) -> None:
        """Returns when the port is free again."""
        self._loop.run(self._close())

    async def _close(self) -> None:
        self._server.close()


async def _answer(request: Request) -> Response:
    return Response(200, b"ok") if request.path == "/healthz" else Response(404)
