"""Addresses that the embedded AWS hands out by itself."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import Any

from .topology import addresses_in_use

PUBLIC_NETWORKS = (ipaddress.IPv4Network("203.0.113.0/24"), ipaddress.IPv4Network("198.18.0.0/15"))
"""Where public addresses come from: documentation and benchmarking ranges (RFC 5737, RFC 2544), which belong to
nobody. moto's are loopback ones or ones that AWS has given to somebody else."""


def public_address(ec2: Any) -> str:
    """A public address that no Elastic IP and no network interface of the Region holds."""
    taken = {address.public_ip for address in ec2.addresses}
    taken |= {interface.public_ip for interface in ec2.enis.values()}
    return next(str(address) for network in PUBLIC_NETWORKS for address in network.hosts() if str(address) not in taken)


def loopback_address(arn: str) -> str:
    """Where an internet-facing load balancer answers on this machine: an address of 127.0.0.0/8, always the same one
    for an ARN, and none of 127.0.0.0/16, where everybody's servers listen."""
    digest = hashlib.sha256(arn.encode()).digest()
    return f"127.{1 + digest[0] % 254}.{digest[1]}.{1 + digest[2] % 254}"


def private_address(ec2: Any, subnet: Any) -> str | None:
    """A free private address of a subnet, None when it is full; the highest one, so that runs are alike (AWS takes
    any)."""
    block = ipaddress.IPv4Network(subnet.cidr_block, strict=False)
    taken = addresses_in_use(ec2, subnet.id)
    first, last = int(block.network_address) + 4, int(block.broadcast_address) - 1
    for number in range(last, first - 1, -1):
        if str(ipaddress.IPv4Address(number)) not in taken:
            return str(ipaddress.IPv4Address(number))
    return None
