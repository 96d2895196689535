"""The errors that AWS answers with, as exceptions that moto serialises in each service's protocol."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class AwsError(ServiceException):  # type: ignore[misc]
    """An error answer of an AWS API: its code, its message, its HTTP status.

    `status` is 400 for nearly all; EC2 answers DryRunOperation with 412 (EC2 API reference, "Error codes").
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.status = status


def not_modelled(service: str, operation: str, why: str) -> AwsError:
    """What the stand-in answers instead of guessing. HTTP 501, since SDKs would retry a 500 for nothing."""
    return AwsError(
        "SandboxNotModelled",
        f"The embedded AWS of canal-aws (a stand-in, not AWS) does not model {service}:{operation}: {why}",
        501,
    )


def dependency_violation(what: str) -> AwsError:
    """`DependencyViolation`, in EC2's own wording: `what` is for example "vpc 'vpc-1'"."""
    return AwsError("DependencyViolation", f"The {what} has dependencies and cannot be deleted.")


def invalid_parameter(message: str) -> AwsError:
    """EC2's `InvalidParameterValue`."""
    return AwsError("InvalidParameterValue", message)
