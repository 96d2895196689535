"""What the fleet can fail at."""

from __future__ import annotations

from canal_aws.errors import CanalError


class NotTheSandbox(CanalError):
    """The endpoint is not on this machine."""


class ProcessFailed(CanalError):
    """A process could not be started, or ended by itself; the message names it and quotes its log's end."""

    exit_status = 1


class ApiError(CanalError):
    """The API server refused a call; `status` is its HTTP status, 0 when it could not be reached."""

    exit_status = 1

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    @property
    def of_another_cluster(self) -> bool:
        """Whether what answers does not know the administrator who asks: the cluster was founded anew."""
        return self.status in (401, 403)


class AnotherAuthority(ApiError):
    """What answers has a certificate that the kubeconfig's authority did not sign."""

    of_another_cluster = True
