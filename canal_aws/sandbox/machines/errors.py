"""What can go wrong with a VPC and its machines, each with its reason and the way out."""

from __future__ import annotations

from canal_aws.errors import CanalError


class MachineError(CanalError):
    """Base of what fails while machines are made or asked."""

    exit_status = 1


class NamespacesForbidden(MachineError):
    """This host lets the user make no user, network, PID or mount namespace; names the setting that forbids it."""


class ProgramMissing(MachineError):
    """A program that every Ubuntu or Flatcar machine has is not installed on this host, whose /usr the machines share."""


class VpcFailed(MachineError):
    """The VPC process did not start, ended by itself, or refused a request."""


class UserDataRefused(MachineError):
    """`program` ("cloud-init" or "ignition") would refuse this user data, or it asks for what no machine here models."""

    def __init__(self, program: str, message: str) -> None:
        super().__init__(message)
        self.program = program
