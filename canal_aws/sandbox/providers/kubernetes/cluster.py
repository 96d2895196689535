"""Objects of one cluster: created, updated, read, deleted and waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from canal_aws.sandbox.providers.kubernetes.api import JSON_PATCH, Api
from canal_aws.sandbox.providers.kubernetes.apply import DRY_RUN, STRICT, apply, relinquish
from canal_aws.sandbox.providers.kubernetes.check import propagation
from canal_aws.sandbox.providers.kubernetes.discovery import Discovery, Resource
from canal_aws.sandbox.providers.kubernetes.errors import ApiError, Cancelled, NoSuchKind, ProviderError
from canal_aws.sandbox.providers.kubernetes.objects import CREATOR, handed_over
from canal_aws.sandbox.providers.kubernetes.readiness import skips_await, waiting_for
from canal_aws.sandbox.providers.kubernetes.request import Request
from canal_aws.sandbox.providers.kubernetes.waiting import DeadlinePassed, wait_until

T = TypeVar("T")

CREATE_SECONDS = 31.0
"""How long a creation is repeated while its namespace or kind is missing: the official five retries after
1, 2, 4, 8 and 16 s (retry.go); here with shorter steps at first."""

CONFLICT_ATTEMPTS = 5


class Cluster:
    """Safe for use by several threads at once."""

    def __init__(self, api: Api, default_namespace: str, cancelled: threading.Event) -> None:
        self._api = api
        self._namespace = default_namespace
        self._cancelled = cancelled
        self.discovery = Discovery(api)

    def create(self, request: Request, upsert_as: str | None = None, force: bool = False) -> dict[str, Any]:
        """Create the object, which must not exist, and return it as it is then, ready or not.

        A namespace or kind that is missing is waited for, since another resource may be making it. With
        `upsert_as` (a field manager) an object that exists is taken over by server-side apply.
        """

        def attempt() -> dict[str, Any]:
            resource = self._resource(request)
            body = self._body(request, resource)
            if request.kind.patches:
                # Where there is no object an apply would make one, with nothing in it but the patch.
                self._api.get(resource.item(body["metadata"].get("namespace"), request.name))
            if upsert_as:
                return self._apply(request, resource, body, upsert_as, force or request.preview)
            query = {"fieldManager": CREATOR, **STRICT, **(DRY_RUN if request.preview else {})}
            where = resource.collection(body["metadata"].get("namespace"))
            return self._explained(request, lambda: self._api.request("POST", where, query=query, body=body))

        live = attempt() if request.preview else self._retried(request, attempt)
        self._crd_changed(request)
        return live

    def update(self, request: Request, applier: str, force: bool) -> dict[str, Any]:
        """Apply the inputs to the object that exists, and return it as it is then, ready or not.

        A CustomResourceDefinition is replaced as a whole, as the official provider does: versions that left the
        inputs must leave the object (await.go, `updateResource`).
        """
        resource = self._resource(request)
        body = self._body(request, resource)
        path = resource.item(body["metadata"].get("namespace"), request.name)
        for attempt in range(1, CONFLICT_ATTEMPTS + 1):
            live = self._api.get(path)
            try:
                return self._update(request, resource, body, live, applier, force)
            except ApiError as error:
                # A controller wrote its status between our reading and our writing.
                if error.reason != "Conflict" or error.causes or attempt == CONFLICT_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _update(
        self,
        request: Request,
        resource: Resource,
        body: Mapping[str, Any],
        live: Mapping[str, Any],
        applier: str,
        force: bool,
    ) -> dict[str, Any]:
        path = resource.item(body["metadata"].get("namespace"), request.name)
        if request.kind.patches:
            return self._apply(request, resource, body, applier, force or request.preview)
        if request.kind.is_crd:
            metadata = {**body["metadata"], "resourceVersion": live["metadata"]["resourceVersion"]}
            query = {"fieldManager": applier, **STRICT, **(DRY_RUN if request.preview else {})}
            replacement = {**body, "metadata": metadata}
            updated = self._explained(request, lambda: self._api.request("PUT", path, query=query, body=replacement))
            self._crd_changed(request)
            return updated
        managed = handed_over(live["metadata"].get("managedFields") or [], applier)
        if managed is not None:
            force = force or request.preview
            if not request.preview:
                self._hand_over(path, live, managed)
        return self._apply(request, resource, body, applier, force)

    def get(self, request: Request) -> dict[str, Any] | None:
        """The live object; None where it, or its kind, is not there."""
        try:
            resource = self._resource(request)
            return self._api.get(resource.item(self._place(request, resource), request.name))
        except NoSuchKind:
            return None
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def delete(self, request: Request, uid: str | None) -> None:
        """Delete the object and wait until it is gone. One that is not there is no error."""
        try:
            resource = self._resource(request)
        except NoSuchKind:
            return
        path = resource.item(self._place(request, resource), request.name)
        try:
            self._api.request("DELETE", path, body={"propagationPolicy": propagation(request.inputs)})
        except ApiError as error:
            if error.status == 404:
                return
            raise ProviderError(f"{request.title} cannot be deleted: {error}") from error

        def lacking() -> str | None:
            live = self.get(request)
            if live is None or (uid and live["metadata"]["uid"] != uid):
                return None
            finalizers = ", ".join(live["metadata"].get("finalizers") or ())
            return f"still there{f', waiting for finalizers: {finalizers}' if finalizers else ''}"

        try:
            wait_until(lacking, request.seconds, self._cancelled, request.report)
        except DeadlinePassed as passed:
            raise ProviderError(f"{request.title} is not gone after {request.seconds:.0f} s: {passed}") from passed
        self._crd_changed(request)

    def relinquish(self, request: Request, manager: str) -> None:
        """Give back what `manager` set on an object; one that is not there is no error."""
        try:
            resource = self._resource(request)
        except NoSuchKind:
            return
        relinquish(self._api, resource.item(self._place(request, resource), request.name), manager)

    def await_ready(self, request: Request, live: dict[str, Any]) -> dict[str, Any]:
        """Wait until the object is ready and return it as it is then. Raises ProviderError past the deadline."""
        if skips_await(request.inputs):
            return live
        latest = live

        def lacking() -> str | None:
            nonlocal latest
            missing = waiting_for(request.kind, latest)
            if missing is None:
                return None
            found = self.get(request)
            if found is None:
                raise ProviderError(f"{request.title} was deleted by someone else while it was waited for")
            latest = found
            return waiting_for(request.kind, latest)

        try:
            wait_until(lacking, request.seconds, self._cancelled, request.report)
        except DeadlinePassed as passed:
            raise ProviderError(f"{request.title} is not ready after {request.seconds:.0f} s: {passed}") from passed
        return latest

    def _resource(self, request: Request) -> Resource:
        return self.discovery.find(request.kind.api_version, request.kind.name)

    def _place(self, request: Request, resource: Resource) -> str | None:
        return (request.namespace or self._namespace) if resource.namespaced else None

    def _body(self, request: Request, resource: Resource) -> dict[str, Any]:
        """The inputs with the namespace that only discovery could tell."""
        metadata = {key: value for key, value in request.inputs["metadata"].items() if key != "namespace"}
        place = self._place(request, resource)
        if place:
            metadata["namespace"] = place
        return {**request.inputs, "metadata": metadata}

    def _apply(
        self, request: Request, resource: Resource, body: Mapping[str, Any], manager: str, force: bool
    ) -> dict[str, Any]:
        path = resource.item(body["metadata"].get("namespace"), request.name)
        return self._explained(request, lambda: apply(self._api, path, body, manager, force, request.preview))

    def _hand_over(self, path: str, live: Mapping[str, Any], managed: list[dict[str, Any]]) -> None:
        patch = [
            {"op": "replace", "path": "/metadata/managedFields", "value": managed},
            # Refused with a conflict where the object changed in between.
            {"op": "replace", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        ]
        self._api.request("PATCH", path, body=patch, content_type=JSON_PATCH)

    def _crd_changed(self, request: Request) -> None:
        if request.kind.is_crd and not request.preview:
            self.discovery.forget(str((request.inputs.get("spec") or {}).get("group")))

    def _retried(self, request: Request, attempt: Callable[[], T]) -> T:
        deadline, delay = time.monotonic() + CREATE_SECONDS, 0.1
        while True:
            try:
                return attempt()
            except (NoSuchKind, ApiError) as error:
                if isinstance(error, ApiError) and error.status != 404:
                    raise
                if time.monotonic() + delay > deadline:
                    raise ProviderError(f"{request.title} cannot be created: {error}") from error
                request.report(f"retrying: {error}")
            if self._cancelled.wait(delay):
                raise Cancelled(f"{request.title}: cancelled before it could be created")
            delay *= 2

    def _explained(self, request: Request, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """`call`, with refusals that name the object and the way out."""
        try:
            return call()
        except ApiError as error:
            raise ApiError(_explanation(request, error), error.status, error.reason, error.causes) from error


def _explanation(request: Request, error: ApiError) -> str:
    if error.reason == "AlreadyExists":
        return (
            f"{request.title} exists already. To adopt it: `pulumi import`, or `upsertExistingObjects` on the provider "
            "where taking over existing objects is meant; a resource that was only renamed needs an alias"
        )
    if error.reason == "Conflict" and error.causes:
        owners = "; ".join(f"{cause.get('field')}: {cause.get('message')}" for cause in error.causes)
        return (
            f"{request.title}: others manage fields that it sets: {owners}. Leave these fields out of the program, or "
            'take them over with the annotation `pulumi.com/patchForce: "true"`'
        )
    return f"{request.title}: {error}"
