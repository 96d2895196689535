"""From a BootstrapSpec to the bytes that EC2 hands to the instances, and to the text that people review."""

from __future__ import annotations

from types import ModuleType

from canal_aws.bootstrap import flatcar, ubuntu
from canal_aws.bootstrap.spec import BootstrapError, BootstrapSpec

# EC2 User Guide, "Run commands when you launch an EC2 instance with user data input": 16 KB, before base64.
EC2_LIMIT_BYTES = 16_384
# Ours: room for names of the greatest length and for what a user adds.
TARGET_BYTES = 12 * 1024

# How each operating system takes its first boot: a module with `user_data` and `readable`, both of a spec.
_OPERATING_SYSTEMS: dict[str, ModuleType] = {"ubuntu": ubuntu, "flatcar": flatcar}


def user_data(spec: BootstrapSpec) -> bytes:
    """The user data of every node of `spec.role`, without any secret, as EC2 stores it (before base64).

    Raises BootstrapError for an operating system without a module, and when EC2 would refuse the size.
    """
    content = rendered(spec)
    check_size(content)
    return content


def rendered(spec: BootstrapSpec) -> bytes:
    """The same, of whatever size."""
    content: bytes = _module(spec).user_data(spec)
    return content


def readable(spec: BootstrapSpec) -> str:
    """The same as text for people: Ubuntu's #cloud-config, Flatcar's Butane. BootstrapError as `user_data`."""
    text: str = _module(spec).readable(spec)
    return text


def check_size(content: bytes) -> int:
    """Bytes of `content` as EC2 counts them (before base64); BootstrapError past its limit."""
    size = len(content)
    if size > EC2_LIMIT_BYTES:
        raise BootstrapError(
            f"user data is {size:,} bytes and EC2 takes at most {EC2_LIMIT_BYTES:,}: "
            f"shorten what was added to it by {size - EC2_LIMIT_BYTES:,} bytes or fetch it at boot"
        )
    return size


def _module(spec: BootstrapSpec) -> ModuleType:
    module = _OPERATING_SYSTEMS.get(spec.operating_system)
    if module is None:
        raise BootstrapError(
            f"operating_system = {spec.operating_system!r} has no user data yet; "
            f"choose one of: {', '.join(_OPERATING_SYSTEMS)}"
        )
    return module
