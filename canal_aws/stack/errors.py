"""The ways in which a stack does not let itself be read or changed from the outside."""

from __future__ import annotations

from canal_aws.errors import CanalError


class StackError(CanalError):
    """A stack cannot be worked on; the message says why and the way out."""


class PulumiFailed(StackError):
    """A Pulumi command that does something failed; the message holds the end of what it said."""

    exit_status = 1


class Locked(StackError):
    """Somebody holds the stack's lock."""


class ApiError(StackError):
    """The Kubernetes API refused a request; `status` is its HTTP status, 0 where it did not answer."""

    exit_status = 1

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status
