"""The gRPC side: the provider served to the engine, its failures as the engine expects them, and its end.

The library's own servicer answers an exception with a traceback and knows no partly created resources, so
requests are wrapped here. (pulumi/provider/experimental/server.py, pulumi 3.259.0)
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from canal_aws.sandbox.providers.aws import VERSION
from canal_aws.sandbox.providers.aws.errors import PartlyCreated, ProviderError, describe
from canal_aws.sandbox.providers.aws.provider import StandInAws
from canal_aws.sandbox.providers.values import property_map

WRAPPED = (
    "CheckConfig", "DiffConfig", "Configure", "Check", "Diff", "Create", "Read", "Update", "Delete", "Invoke",
)  # fmt: skip

Handler = Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]]


class Servicer(ProviderServicer):
    """The library's servicer with one-line failures, partly created resources and an end after Cancel."""

    def __init__(self, provider: StandInAws, arguments: list[str], engine_address: str) -> None:
        super().__init__(arguments, VERSION, provider, engine_address)
        self._under_way = 0
        self._cancelled = False
        for name in WRAPPED:
            setattr(self, name, self._wrapped(getattr(self, name)))

    def _wrapped(self, handler: Handler) -> Handler:
        async def handle(request: Any, context: grpc.aio.ServicerContext) -> Any:
            self._under_way += 1
            try:
                return await handler(request, context)
            except PartlyCreated as error:
                await context.abort(
                    grpc.StatusCode.UNKNOWN,
                    str(error),
                    (("grpc-status-details-bin", partly_created(error).SerializeToString()),),
                )
            except ProviderError as error:
                await context.abort(grpc.StatusCode.UNKNOWN, str(error))
            except Exception as error:
                await context.abort(
                    grpc.StatusCode.INTERNAL,
                    f"the stand-in for pulumi-aws failed (a defect of its own): {describe(error)}",
                )
            finally:
                self._under_way -= 1
                self._end_if_cancelled()

        return handle

    async def Cancel(self, request: Any, context: grpc.aio.ServicerContext) -> Any:
        await self._provider.cancel()
        self._cancelled = True
        self._end_if_cancelled()
        return empty_pb2.Empty()

    def _end_if_cancelled(self) -> None:
        """Once cancelled and idle, end; not at once, so that the last answer still leaves."""
        if self._cancelled and self._under_way == 0:
            asyncio.get_running_loop().call_later(0.2, os._exit, 0)


def partly_created(error: PartlyCreated) -> Any:
    """The status whose detail makes the engine record the resource in spite of the failure."""
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id,
            properties=PropertyValue.marshal_map(property_map(error.state)),
            reasons=[str(error)],
        )
    )
    return status


async def serve(engine_address: str, arguments: list[str]) -> None:
    """Serve on a free loopback port, which is the first line on stdout, until the process ends."""
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    servicer = Servicer(StandInAws(os.environ), arguments, engine_address)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Thread(target=_load_botocore, daemon=True).start()
    await server.wait_for_termination()


def _load_botocore() -> None:
    """botocore takes a third of a second to import; the engine is busy elsewhere meanwhile."""
    import botocore.config
    import botocore.session  # noqa: F401
