"""Messages to the engine, which shows them at the resource that they are about."""

from __future__ import annotations

from typing import Any, Protocol

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

SECONDS = 5.0


class Log(Protocol):
    """Whoever shows messages at a resource, told by its URN."""

    def status(self, urn: str, text: str) -> None:
        """Show `text` beside the resource until the next one; an empty text clears it."""

    def warning(self, urn: str, text: str) -> None:
        """A message that stays."""


class EngineLog:
    """Sends over the engine's own port. A message that does not get through is lost: the work goes on."""

    def __init__(self, address: str) -> None:
        self._engine = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address))

    def status(self, urn: str, text: str) -> None:
        self._send(severity=engine_pb2.INFO, message=text, urn=urn, ephemeral=True)

    def warning(self, urn: str, text: str) -> None:
        self._send(severity=engine_pb2.WARNING, message=text, urn=urn)

    def _send(self, **fields: Any) -> None:
        try:
            self._engine.Log(engine_pb2.LogRequest(**fields), timeout=SECONDS)
        except grpc.RpcError:
            return
