"""User data: what an instance does between its first boot and being a node of the cluster. Pure text, no AWS."""

from __future__ import annotations

from canal_aws.bootstrap.permissions import parameter_actions
from canal_aws.bootstrap.render import EC2_LIMIT_BYTES, check_size, user_data
from canal_aws.bootstrap.spec import BootstrapError, BootstrapSpec

__all__ = [
    "EC2_LIMIT_BYTES",
    "BootstrapError",
    "BootstrapSpec",
    "check_size",
    "parameter_actions",
    "user_data",
]
