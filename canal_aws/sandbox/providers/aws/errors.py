"""The stand-in's failures, each one line that the engine shows to the user as it is."""

from __future__ import annotations

from typing import Any

from canal_aws.errors import CanalError


class ProviderError(CanalError):
    """A request that failed; the message says what was attempted, on what, and why it failed."""


class PartlyCreated(ProviderError):
    """A resource exists but did not become what was asked.

    Carries the id and what is known of the state, so that the engine records the resource (and the next
    `pulumi up` mends it) and nothing leaks.
    """

    def __init__(self, message: str, resource_id: str, state: dict[str, Any]) -> None:
        super().__init__(message)
        self.resource_id = resource_id
        self.state = state


def describe(error: BaseException) -> str:
    """One line for `error`: for AWS's own `CreateRoute: RouteLimitExceeded: …`, operation and code first."""
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        operation = getattr(error, "operation_name", "request")
        code = response["Error"].get("Code", "Unknown")
        message = " ".join(str(response["Error"].get("Message", "")).split())
        return f"{operation}: {code}: {message}"
    text = " ".join(str(error).split())
    if isinstance(error, ProviderError):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def code_of(error: BaseException) -> str:
    """AWS's error code, such as `InvalidVpcID.NotFound`; empty where `error` is not an answer of AWS."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return str(response.get("Error", {}).get("Code", ""))
    return ""
