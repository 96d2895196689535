"""The provider: the engine's requests answered from the tables."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from pulumi.provider.experimental import provider as rpc

from canal_aws.sandbox.providers.aws import config as configuration
from canal_aws.sandbox.providers.aws.catalogue import function_type, resource_type
from canal_aws.sandbox.providers.aws.check import Failure, check_fields, check_resource
from canal_aws.sandbox.providers.aws.clients import CONNECTIONS, Aws, check_endpoint
from canal_aws.sandbox.providers.aws.diff import compare, diff_resource
from canal_aws.sandbox.providers.aws.errors import PartlyCreated, ProviderError, describe
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import ResourceType
from canal_aws.sandbox.providers.values import UNKNOWN, plain_map, property_map

T = TypeVar("T")


class StandInAws(rpc.Provider):
    """pulumi-aws' stand-in. `environment` is where endpoint and keys are read from."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._aws: Aws | None = None
        self._threads = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="aws")

    @property
    def aws(self) -> Aws:
        if self._aws is None:
            raise ProviderError("the stand-in for pulumi-aws was not configured before its first use")
        return self._aws

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def check_config(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        failures = configuration.check_config(plain_map(request.new_inputs))
        return rpc.CheckResponse(inputs=request.new_inputs, failures=_failures(failures))

    async def diff_config(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        """Another Region means other resources: replace, as the official plugin does."""
        old, new = plain_map(request.old_state), plain_map(request.new_inputs)
        changed = [key for key in configuration.MODELLED if old.get(key) != new.get(key)]
        return rpc.DiffResponse(
            changes=bool(changed), diffs=changed, replaces=[key for key in changed if key == "region"]
        )

    async def configure(self, request: rpc.ConfigureRequest) -> rpc.ConfigureResponse:
        """Refuses whatever is not the sandbox, before anything else may be asked of it."""
        variables = {key.removeprefix("aws:config:"): value for key, value in request.variables.items()}
        read = configuration.read_config(variables | plain_map(request.args), self._environment)
        if isinstance(read, list):
            raise ProviderError("; ".join(f"aws:{path}: {reason}" for path, reason in read))
        endpoint = check_endpoint(self._environment.get("AWS_ENDPOINT_URL"))
        aws = Aws(endpoint, read.region, read.access_key, read.secret_key)
        await self._in_thread(aws.identify)
        self._aws = aws
        # Secrets are left to the engine: it removes their marks here and puts them back on the results.
        return rpc.ConfigureResponse(
            accept_secrets=False, supports_preview=True, accept_resources=False, accept_outputs=False
        )

    async def check(self, request: rpc.CheckRequest) -> rpc.CheckResponse:
        kind = resource_type(request.type)
        inputs, failures = check_resource(
            kind,
            request.name,
            plain_map(request.old_inputs),
            plain_map(request.new_inputs),
            request.random_seed,
            self.aws.region,
        )
        return rpc.CheckResponse(inputs=property_map(inputs), failures=_failures(failures))

    async def diff(self, request: rpc.DiffRequest) -> rpc.DiffResponse:
        kind = resource_type(request.type)
        found = diff_resource(kind, plain_map(request.old_state), plain_map(request.new_inputs), request.ignore_changes)
        return rpc.DiffResponse(
            changes=bool(found.changed),
            replaces=sorted(found.replaces),
            delete_before_replace=found.delete_before_replace,
            diffs=sorted(found.changed),
            detailed_diff={
                path: rpc.PropertyDiff(verb, input_diff=True) for path, verb in sorted(found.detailed.items())
            },
        )

    async def create(self, request: rpc.CreateRequest) -> rpc.CreateResponse:
        kind, inputs = resource_type(request.type), _without_marks(plain_map(request.properties))
        if request.preview:
            return rpc.CreateResponse(properties=property_map(self._expected(kind, inputs)))
        operation = Operation(self.aws, request.name, request.timeout)
        try:
            state = await self._in_thread(lambda: kind.create(operation, inputs))
        except Exception as error:
            described = describe(error)
            if operation.resource_id is None:
                called = kind.called(inputs) if kind.called else request.name
                raise ProviderError(f"creating {kind.label} ({called}): {described}") from error
            raise PartlyCreated(
                f"creating {kind.label} ({operation.resource_id}): {described}",
                operation.resource_id,
                self._complete(kind, operation.state),
            ) from error
        assert operation.resource_id is not None, f"{kind.token}'s create names no id"
        return rpc.CreateResponse(operation.resource_id, property_map(self._complete(kind, state)))

    async def read(self, request: rpc.ReadRequest) -> rpc.ReadResponse:
        kind = resource_type(request.type)
        prior, inputs = plain_map(request.properties), plain_map(request.inputs)
        operation = Operation(self.aws, request.name)
        try:
            found = await self._in_thread(lambda: kind.read(operation, request.resource_id, prior))
        except Exception as error:
            raise ProviderError(f"reading {kind.label} ({request.resource_id}): {describe(error)}") from error
        if found is None:
            return rpc.ReadResponse(resource_id="")
        resource_id = operation.resource_id or request.resource_id
        state = self._complete(kind, found)
        return rpc.ReadResponse(resource_id, property_map(state), property_map(read_inputs(kind, inputs, state)))

    async def update(self, request: rpc.UpdateRequest) -> rpc.UpdateResponse:
        kind, new = resource_type(request.type), plain_map(request.news)
        old = plain_map(request.olds)
        changed = frozenset(diff_resource(kind, old, new, request.ignore_changes).changed)
        new = _without_marks(new)
        if request.preview:
            return rpc.UpdateResponse(property_map(self._expected(kind, new, old if changed else None, old)))
        operation = Operation(self.aws, request.name, request.timeout)
        update = kind.update
        if update is None:
            raise ProviderError(f"updating {kind.label} ({request.resource_id}): this type is only ever replaced")
        try:
            state = await self._in_thread(lambda: update(operation, request.resource_id, old, new, changed))
        except Exception as error:
            raise ProviderError(f"updating {kind.label} ({request.resource_id}): {describe(error)}") from error
        return rpc.UpdateResponse(property_map(self._complete(kind, state)))

    async def delete(self, request: rpc.DeleteRequest) -> None:
        kind, state = resource_type(request.type), plain_map(request.properties)
        operation = Operation(self.aws, request.name, request.timeout)
        try:
            await self._in_thread(lambda: kind.delete(operation, request.resource_id, state))
        except Exception as error:
            raise ProviderError(f"deleting {kind.label} ({request.resource_id}): {describe(error)}") from error

    async def invoke(self, request: rpc.InvokeRequest) -> rpc.InvokeResponse:
        function = function_type(request.tok)
        arguments, failures = check_fields(function.arguments, plain_map(request.args), "")
        if "region" in function.arguments and arguments.get("region", self.aws.region) != self.aws.region:
            failures.append(("region", f"is not the provider's Region {self.aws.region}, the only one modelled"))
        if failures:
            return rpc.InvokeResponse(failures=_failures(failures))
        operation = Operation(self.aws)
        try:
            result = await self._in_thread(lambda: function.call(operation, arguments))
        except Exception as error:
            raise ProviderError(f"invoking {request.tok}: {describe(error)}") from error
        return rpc.InvokeResponse(property_map(arguments | {"region": self.aws.region} | result))

    async def cancel(self) -> None:
        """Waits end at once and report what exists; requests under way complete."""
        if self._aws is not None:
            self._aws.cancelled.set()

    def _complete(self, kind: ResourceType, state: Mapping[str, Any]) -> dict[str, Any]:
        """`state` with what every type has: Region, tags, and nothing that is None or not in the table."""
        complete = {key: value for key, value in state.items() if value is not None and key in kind.properties}
        if "region" in kind.properties:
            complete["region"] = self.aws.region
        if "tagsAll" in kind.properties:
            complete["tagsAll"] = dict(state.get("tags") or {})
            if not complete.get("tags"):
                complete.pop("tags", None)
        return complete

    def _expected(
        self,
        kind: ResourceType,
        inputs: Mapping[str, Any],
        recompute: Mapping[str, Any] | None = None,
        old: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A preview's outputs: what is computed is unknown, for an update only what it recomputes."""
        expected: dict[str, Any] = dict(old or {})
        for name, known in kind.properties.items():
            if name in inputs and known.kind != "write-only":
                expected[name] = inputs[name]
            elif old is None and known.kind in ("computed", "optional-computed"):
                expected[name] = UNKNOWN
            elif known.kind == "optional":
                expected.pop(name, None)
        if recompute is not None:
            expected |= dict.fromkeys(kind.recomputed, UNKNOWN)
        if "tagsAll" in kind.properties:
            expected["tagsAll"] = inputs.get("tags", {})
        if "region" in kind.properties:
            expected["region"] = self.aws.region
        return expected


def read_inputs(kind: ResourceType, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
    """What a refresh or an import reports as inputs: those given before, with the values that AWS has now
    (kept as written where both mean the same); all that the state can tell where none were given."""
    if not inputs:
        return {
            key: state[key]
            for key, known in kind.properties.items()
            if known.is_input and known.kind != "write-only" and key in state and key != "region"
        }
    refreshed = {}
    for key, value in inputs.items():
        known = kind.properties.get(key)
        unreadable = known is None or known.kind == "write-only"
        if unreadable or known is None or not compare(known, state.get(key), value, key):
            refreshed[key] = value
        elif key in state:
            refreshed[key] = state[key]
    return refreshed


def _without_marks(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _failures(failures: list[Failure]) -> list[rpc.CheckFailure]:
    return [rpc.CheckFailure(path, reason) for path, reason in failures]
