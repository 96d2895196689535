"""What can go wrong with a sandbox, each with the way out and an exit status of its own kind."""

from __future__ import annotations

from canal_aws.errors import CanalError


class SandboxStateError(CanalError):
    """The sandbox is not in the state that the command needs: it runs already, or it does not run."""

    exit_status = 3


class SandboxProcessError(CanalError):
    """A process of the sandbox could not be started, ended by itself, or did not get ready in time."""

    exit_status = 4


class UpdateRunning(CanalError):
    """Pulumi is in the middle of an update against this sandbox, which must not be pulled from under it."""

    exit_status = 3
