"""The gRPC side: the provider served to the engine, its failures as the engine expects them, and its end.

The library's servicer (pulumi/provider/experimental/server.py, pulumi 3.259.0) answers an exception with its
class and no more, knows no objects that exist but are not ready, drops old inputs, and mistakes the answer to
DiffConfig; so those requests are handled here.
"""

from __future__ import annotations

import asyncio
import os
import sys
import traceback
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.provider.experimental import provider as library
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime._grpc_settings import _GRPC_CHANNEL_OPTIONS
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from canal_aws.sandbox import lifetime
from canal_aws.sandbox.providers.kubernetes import VERSION, config
from canal_aws.sandbox.providers.kubernetes.engine_log import EngineLog
from canal_aws.sandbox.providers.kubernetes.errors import NotReady, ProviderError
from canal_aws.sandbox.providers.kubernetes.provider import StandInKubernetes
from canal_aws.sandbox.providers.values import plain_map, property_map

THREADS = 32
"""Operations at once: most of their time is waiting. The engine itself starts four a core."""

EXPLAINED = (
    "CheckConfig", "DiffConfig", "Configure", "Check", "Diff", "Create", "Read", "Update", "Delete", "Invoke",
)  # fmt: skip


class Deletion(library.DeleteRequest):
    """The library's request with the inputs of what is deleted."""

    def __init__(self, request: Any) -> None:
        super().__init__(request.urn, request.id, PropertyValue.unmarshal_map(request.properties), request.timeout)
        self.old_inputs = PropertyValue.unmarshal_map(request.old_inputs)


Handler = Callable[[Any, grpc.aio.ServicerContext], Awaitable[Any]]


class Servicer(ProviderServicer):
    """The library's servicer with one-line failures and the old inputs that Diff and Delete need."""

    def __init__(self, provider: StandInKubernetes, arguments: Sequence[str], engine_address: str) -> None:
        super().__init__(list(arguments), VERSION, provider, engine_address)
        self._under_way = 0
        self._cancelled = False
        for name in EXPLAINED:
            setattr(self, name, self._explained(getattr(self, name)))

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        old = plain_map(PropertyValue.unmarshal_map(request.old_inputs or request.olds))
        changed, replaces = config.diff(old, plain_map(PropertyValue.unmarshal_map(request.news)))
        verdict = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=verdict, diffs=changed, replaces=replaces)

    async def Diff(self, request: Any, context: Any) -> Any:
        # Compared are inputs with inputs: the library passes `olds` on, so it gets the old inputs there.
        compared = provider_pb2.DiffRequest(
            id=request.id,
            urn=request.urn,
            olds=request.old_inputs,
            news=request.news,
            ignoreChanges=request.ignoreChanges,
        )
        return await super().Diff(compared, context)

    async def Delete(self, request: Any, context: Any) -> Any:
        await self._provider.delete(Deletion(request))
        return empty_pb2.Empty()

    async def Cancel(self, request: Any, context: Any) -> Any:
        await self._provider.cancel()
        self._cancelled = True
        self._end_if_idle()
        return empty_pb2.Empty()

    def _explained(self, handler: Handler) -> Handler:
        async def handle(request: Any, context: grpc.aio.ServicerContext) -> Any:
            self._under_way += 1
            try:
                return await handler(request, context)
            except NotReady as error:
                details = (("grpc-status-details-bin", not_ready(error).SerializeToString()),)
                await context.abort(grpc.StatusCode.UNKNOWN, str(error), details)
            except ProviderError as error:
                await context.abort(grpc.StatusCode.UNKNOWN, str(error))
            except Exception:
                said = f"the stand-in for pulumi-kubernetes failed, by a defect of its own:\n{traceback.format_exc()}"
                await context.abort(grpc.StatusCode.INTERNAL, said)
            finally:
                self._under_way -= 1
                self._end_if_idle()

        return handle

    def _end_if_idle(self) -> None:
        """Once cancelled, end as soon as the last answer has left."""
        if self._cancelled and self._under_way == 0:
            lifetime.end_soon()


def not_ready(error: NotReady) -> Any:
    """The status whose detail makes the engine record the object in spite of the failure."""
    detail = provider_pb2.ErrorResourceInitFailed(
        id=error.resource_id,
        properties=PropertyValue.marshal_map(property_map(error.state)),
        reasons=[str(error)],
        inputs=None if error.inputs is None else PropertyValue.marshal_map(property_map(error.inputs)),
    )
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error))
    status.details.add().Pack(detail)
    return status


async def serve(engine_address: str, arguments: Sequence[str]) -> None:
    """Serve on a free loopback port, which is the first line on stdout, until the process ends."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=THREADS))
    server = grpc.aio.server(options=_GRPC_CHANNEL_OPTIONS)
    provider = StandInKubernetes(os.environ, EngineLog(engine_address))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, arguments, engine_address), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()
