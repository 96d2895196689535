"""The provider that the engine talks to: requests unpacked, work done in threads, answers packed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from pulumi.provider.experimental import provider as library

from canal_aws.sandbox.providers.kubernetes import config as configuration
from canal_aws.sandbox.providers.kubernetes.api import Api
from canal_aws.sandbox.providers.kubernetes.check import check
from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.config import Config
from canal_aws.sandbox.providers.kubernetes.diff import diff
from canal_aws.sandbox.providers.kubernetes.engine_log import Log
from canal_aws.sandbox.providers.kubernetes.errors import ClusterUnreachable, NoSuchKind, ProviderError
from canal_aws.sandbox.providers.kubernetes.kinds import Kind, kind_of
from canal_aws.sandbox.providers.kubernetes.kubeconfig import DEFAULT_NAMESPACE, Access
from canal_aws.sandbox.providers.kubernetes.operations import Operations
from canal_aws.sandbox.providers.kubernetes.request import Request
from canal_aws.sandbox.providers.values import plain_map, property_map


class StandInKubernetes(library.Provider):
    """Nothing is sent to the API server before the first operation that needs it.

    The library's requests have no place for old inputs: the servicer puts them where `diff` finds the old state,
    and adds them to a deletion.
    """

    def __init__(self, environment: Mapping[str, str], log: Log) -> None:
        self._environment = environment
        self._log = log
        self._config = Config(kubeconfig=None)
        self._access: Access | None = None
        self._unreachable = ClusterUnreachable("kubeconfig: it is not known yet")
        self._cancelled = threading.Event()
        self._cluster: Cluster | None = None
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, str], bool] = {}

    async def check_config(self, request: library.CheckRequest) -> library.CheckResponse:
        found = configuration.failures(plain_map(request.new_inputs), self._environment)
        return library.CheckResponse(request.new_inputs, [library.CheckFailure(*failure) for failure in found])

    async def configure(self, request: library.ConfigureRequest) -> library.ConfigureResponse:
        self._config = Config.from_properties(plain_map(request.args), self._environment)
        try:
            self._access = self._config.access()
        except ClusterUnreachable as error:
            self._unreachable = error
        # Secrets come in clear; the engine marks what it gets back, since it is told that no mark is understood.
        return library.ConfigureResponse(accept_secrets=False, supports_preview=True)

    async def check(self, request: library.CheckRequest) -> library.CheckResponse:
        kind = kind_of(request.type)
        given = plain_map(request.new_inputs)
        if kind.is_crd:
            self._remember_scope(given)
        namespaced = await asyncio.to_thread(self._namespaced, kind)
        inputs, found = check(kind, given, namespaced, self._default_namespace())
        return library.CheckResponse(property_map(inputs), [library.CheckFailure(*failure) for failure in found])

    async def diff(self, request: library.DiffRequest) -> library.DiffResponse:
        difference = diff(
            kind_of(request.type),
            plain_map(request.old_state),
            plain_map(request.new_inputs),
            request.ignore_changes,
            self._config.config_map_mutable,
        )
        return library.DiffResponse(
            changes=bool(difference.detailed),
            replaces=difference.replaces,
            delete_before_replace=difference.delete_before_replace,
            diffs=sorted({path.partition(".")[0].partition("[")[0] for path in difference.detailed}),
            detailed_diff={path: library.PropertyDiff(verb, True) for path, verb in difference.detailed.items()},
        )

    async def create(self, request: library.CreateRequest) -> library.CreateResponse:
        wanted = self._request(request, plain_map(request.properties), preview=request.preview)
        resource_id, state = await asyncio.to_thread(self._operations().create, wanted)
        return library.CreateResponse(resource_id, property_map(state))

    async def update(self, request: library.UpdateRequest) -> library.UpdateResponse:
        wanted = self._request(request, plain_map(request.news), preview=request.preview)
        state = await asyncio.to_thread(self._operations().update, wanted, plain_map(request.olds))
        return library.UpdateResponse(property_map(state))

    async def read(self, request: library.ReadRequest) -> library.ReadResponse:
        wanted = self._request(request, plain_map(request.inputs), timed=False)
        state = plain_map(request.properties)
        found = await asyncio.to_thread(self._operations().read, wanted, request.resource_id, state)
        if found is None:
            return library.ReadResponse()
        resource_id, live, inputs = found
        return library.ReadResponse(resource_id, property_map(live), property_map(inputs))

    async def delete(self, request: library.DeleteRequest) -> None:
        wanted = self._request(request, plain_map(getattr(request, "old_inputs", {})))
        state = plain_map(request.properties)
        await asyncio.to_thread(self._operations().delete, wanted, request.resource_id, state)

    async def invoke(self, request: library.InvokeRequest) -> library.InvokeResponse:
        raise ProviderError(f"{request.tok} is not a function that the stand-in for pulumi-kubernetes models")

    async def cancel(self) -> None:
        self._cancelled.set()

    def _operations(self) -> Operations:
        return Operations(self._config, self._reach)

    def _reach(self) -> Cluster:
        with self._lock:
            if self._cluster is None:
                if self._access is None:
                    raise ClusterUnreachable(str(self._unreachable))
                self._cluster = Cluster(Api(self._access), self._access.namespace, self._cancelled)
            return self._cluster

    def _request(self, request: Any, inputs: Mapping[str, Any], preview: bool = False, timed: bool = True) -> Request:
        urn = request.urn
        return Request(
            kind=kind_of(request.type),
            inputs=inputs,
            preview=preview,
            timeout=float(request.timeout or 0) if timed else 0.0,
            report=lambda text: self._log.status(urn, text),
        )

    def _default_namespace(self) -> str:
        return str(self._access.namespace if self._access else self._config.namespace or DEFAULT_NAMESPACE)

    def _remember_scope(self, crd: Mapping[str, Any]) -> None:
        """The scope of a kind whose CustomResourceDefinition is only about to be created."""
        spec = crd.get("spec")
        names = spec.get("names") if isinstance(spec, Mapping) else None
        if isinstance(spec, Mapping) and isinstance(names, Mapping):
            self._scopes[str(spec.get("group")), str(names.get("kind"))] = spec.get("scope") == "Namespaced"

    def _namespaced(self, kind: Kind) -> bool | None:
        if kind.namespaced is not None:
            return kind.namespaced
        known = self._scopes.get((kind.group, kind.name))
        if known is not None:
            return known
        try:
            return self._reach().discovery.find(kind.api_version, kind.name).namespaced
        except (ClusterUnreachable, NoSuchKind):
            return None
