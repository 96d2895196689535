"""User data: what an instance does between its first boot and being a node of the cluster. Pure text, no AWS."""

from __future__ import annotations

from canal_aws.bootstrap.node_files import NodeFile, Unit, files, units
from canal_aws.bootstrap.permissions import SNAPSHOT_PREFIX, account_actions, parameter_actions, snapshot_actions
from canal_aws.bootstrap.registration import RegistrationError, Taint, check_label, parse_taint
from canal_aws.bootstrap.render import EC2_LIMIT_BYTES, check_size, readable, user_data
from canal_aws.bootstrap.spec import BootstrapError, BootstrapSpec

__all__ = [
    "EC2_LIMIT_BYTES",
    "SNAPSHOT_PREFIX",
    "BootstrapError",
    "BootstrapSpec",
    "NodeFile",
    "RegistrationError",
    "Taint",
    "Unit",
    "account_actions",
    "check_label",
    "check_size",
    "files",
    "parameter_actions",
    "parse_taint",
    "readable",
    "snapshot_actions",
    "units",
    "user_data",
]
