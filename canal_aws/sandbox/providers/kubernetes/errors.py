"""The stand-in's failures, each one line that the engine shows to the user as it is."""

from __future__ import annotations

from typing import Any

from canal_aws.errors import CanalError


class ProviderError(CanalError):
    """A request that failed; the message says what was attempted, on which object, and why it failed."""


class ClusterUnreachable(ProviderError):
    """No answer from the API server, or a kubeconfig that leads to none."""


class NoSuchKind(ProviderError):
    """The API server serves no such kind, as before its CustomResourceDefinition exists."""


class ApiError(ProviderError):
    """The API server refused a request.

    `status` is the HTTP status, `reason` the API's own word for it (`AlreadyExists`, `Conflict`, `Invalid` …), and
    `causes` its details, each with a field and a message
    (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/).
    """

    def __init__(self, message: str, status: int, reason: str = "", causes: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.causes = causes or []


class NotReady(ProviderError):
    """An object exists but has not become what was asked. Carries its id and state, so that nothing is lost."""

    def __init__(
        self, message: str, resource_id: str, state: dict[str, Any], inputs: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.resource_id = resource_id
        self.state = state
        self.inputs = inputs


class Cancelled(ProviderError):
    """The engine asked for an end while something was awaited."""
