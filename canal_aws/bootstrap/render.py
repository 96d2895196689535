"""From a BootstrapSpec to the text that EC2 hands to the instances."""

from __future__ import annotations

from canal_aws.bootstrap import ubuntu
from canal_aws.bootstrap.spec import BootstrapError, BootstrapSpec

# EC2 User Guide, "Run commands when you launch an EC2 instance with user data input": 16 KB, before base64.
EC2_LIMIT_BYTES = 16_384
# Ours: room for names of the greatest length and for what a user adds.
TARGET_BYTES = 12 * 1024

# How each operating system takes its first boot. Flatcar reads Ignition, not cloud-init.
_OPERATING_SYSTEMS = {"ubuntu": ubuntu.user_data}


def user_data(spec: BootstrapSpec) -> str:
    """The user data of every node of `spec.role`: plain text, without any secret.

    Raises BootstrapError for an operating system without a module, and when EC2 would refuse the size.
    """
    render = _OPERATING_SYSTEMS.get(spec.operating_system)
    if render is None:
        raise BootstrapError(
            f"operating_system = {spec.operating_system!r} has no user data yet; "
            f"choose one of: {', '.join(_OPERATING_SYSTEMS)}"
        )
    text = render(spec)
    check_size(text)
    return text


def check_size(text: str) -> int:
    """Bytes of `text` as EC2 counts them (UTF-8, before base64); BootstrapError past its limit."""
    size = len(text.encode())
    if size > EC2_LIMIT_BYTES:
        raise BootstrapError(
            f"user data is {size:,} bytes and EC2 takes at most {EC2_LIMIT_BYTES:,}: "
            f"shorten what was added to it by {size - EC2_LIMIT_BYTES:,} bytes or fetch it at boot"
        )
    return size
