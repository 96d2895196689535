"""User data: what an instance does between its first boot and being a node of the cluster. Pure text, no AWS."""

from __future__ import annotations

from canal_aws.bootstrap.node_files import NodeFile, Unit, files, units
from canal_aws.bootstrap.permissions import parameter_actions
from canal_aws.bootstrap.render import EC2_LIMIT_BYTES, check_size, readable, user_data
from canal_aws.bootstrap.spec import BootstrapError, BootstrapSpec

__all__ = [
    "EC2_LIMIT_BYTES",
    "BootstrapError",
    "BootstrapSpec",
    "NodeFile",
    "Unit",
    "check_size",
    "files",
    "parameter_actions",
    "readable",
    "units",
    "user_data",
]
