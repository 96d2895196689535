"""What the engine asks for one resource, in terms of the cluster: previews, partial failures, state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from canal_aws.sandbox.providers.kubernetes.check import annotation
from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.config import Config
from canal_aws.sandbox.providers.kubernetes.errors import (
    ApiError,
    ClusterUnreachable,
    NoSuchKind,
    NotReady,
    ProviderError,
)
from canal_aws.sandbox.providers.kubernetes.objects import (
    CREATOR,
    FIELD_MANAGER,
    checkpoint,
    inputs_of,
    object_id,
    parse_id,
    pruned,
)
from canal_aws.sandbox.providers.kubernetes.readiness import awaited, skips_await, waiting_for
from canal_aws.sandbox.providers.kubernetes.request import Request
from canal_aws.sandbox.providers.values import has_unknown

UNREACHABLE_WAY_OUT = (
    "If the cluster is gone for good, run the command again with PULUMI_K8S_DELETE_UNREACHABLE=true: that removes its "
    "objects from the state"
)


class Operations:
    """`reach` gives the cluster, or raises ClusterUnreachable where the configuration leads to none."""

    def __init__(self, config: Config, reach: Callable[[], Cluster]) -> None:
        self._config = config
        self._reach = reach

    def create(self, request: Request) -> tuple[str, dict[str, Any]]:
        """Id and state of the new object. In a preview as much of it as can be known, with no id."""
        if request.preview and has_unknown(request.inputs):
            return "", dict(request.inputs)
        manager = f"{CREATOR}-{secrets.token_hex(4)}"
        upsert_as = manager if self._config.upsert or request.kind.patches else None
        try:
            cluster = self._reach()
            live = cluster.create(request, upsert_as, self._force(request.inputs))
        except ProviderError as error:
            if request.preview and _says_nothing(error):
                return "", dict(request.inputs)
            raise
        if request.preview:
            live.pop("status", None)
            return "", checkpoint(live, manager)
        ready = self._ready(cluster, request, live, manager, "created")
        return object_id(ready), checkpoint(ready, manager)

    def update(self, request: Request, state: Mapping[str, Any]) -> dict[str, Any]:
        """The object's state after its inputs have become `request.inputs`."""
        if request.preview and has_unknown(request.inputs):
            return dict(request.inputs)
        manager = str(state.get(FIELD_MANAGER) or f"{CREATOR}-{secrets.token_hex(4)}")
        try:
            cluster = self._reach()
            live = cluster.update(request, manager, self._force(request.inputs))
        except ProviderError as error:
            if request.preview and _says_nothing(error):
                return dict(request.inputs)
            if isinstance(error, ApiError) and error.status == 404:
                raise ProviderError(
                    f"{request.title} cannot be updated: it is no longer there; `pulumi refresh` takes note of that"
                ) from error
            raise
        if request.preview:
            return checkpoint(live, manager)
        return checkpoint(self._ready(cluster, request, live, manager, "updated"), manager)

    def read(
        self, request: Request, resource_id: str, state: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any], dict[str, Any]] | None:
        """Id, state and inputs of the live object; None where it is gone. Without inputs this is an import."""
        importing = not request.inputs
        namespace, name = parse_id(resource_id)
        metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
        wanted = Request(request.kind, request.inputs or {"metadata": metadata})
        try:
            live = self._reach().get(wanted)
        except ClusterUnreachable as error:
            if self._config.delete_unreachable:
                return None
            raise ClusterUnreachable(f"{wanted.title} cannot be read: {error}. {UNREACHABLE_WAY_OUT}") from error
        if live is None:
            return None
        manager = str(state.get(FIELD_MANAGER) or f"{CREATOR}-{secrets.token_hex(4)}")
        kind = request.kind
        inputs = inputs_of(live, kind) if importing else pruned(live, request.inputs, typed=not kind.is_custom)
        kept = checkpoint(live, manager)
        if not importing and awaited(kind) and not skips_await(inputs):
            missing = waiting_for(kind, live)
            if missing:
                raise NotReady(f"{wanted.title} is not ready: {missing}", resource_id, kept, inputs)
        return resource_id, kept, inputs

    def delete(self, request: Request, resource_id: str, state: Mapping[str, Any]) -> None:
        """Delete the object and wait until it is gone; of a patch, give back the fields that it set."""
        namespace, name = parse_id(resource_id)
        inputs = request.inputs or {"metadata": {"name": name, **({"namespace": namespace} if namespace else {})}}
        wanted = Request(request.kind, inputs, timeout=request.timeout, report=request.report)
        try:
            if request.kind.patches:
                self._reach().relinquish(wanted, str(state.get(FIELD_MANAGER)))
            else:
                self._reach().delete(wanted, (state.get("metadata") or {}).get("uid"))
        except ClusterUnreachable as error:
            if self._config.delete_unreachable:
                request.report("the cluster is unreachable; removed from the state alone (deleteUnreachable)")
                return
            raise ClusterUnreachable(f"{wanted.title} cannot be deleted: {error}. {UNREACHABLE_WAY_OUT}") from error

    def _ready(
        self, cluster: Cluster, request: Request, live: dict[str, Any], manager: str, done: str
    ) -> dict[str, Any]:
        """`live` once it is ready. Whatever goes wrong from here on, the engine must record what exists."""
        try:
            return cluster.await_ready(request, live)
        except ProviderError as error:
            raise NotReady(f"{error} (it was {done})", object_id(live), checkpoint(live, manager)) from error

    def _force(self, inputs: Mapping[str, Any]) -> bool:
        return self._config.patch_force or (annotation(inputs, "patchForce") or "").lower() == "true"


def _says_nothing(error: ProviderError) -> bool:
    """Whether a failed preview proves nothing: what is missing now may be there by the time of the update
    (provider.go, `Create`)."""
    if isinstance(error, ClusterUnreachable | NoSuchKind):
        return True
    return isinstance(error, ApiError) and (error.status in (403, 404) or error.reason == "AlreadyExists")
