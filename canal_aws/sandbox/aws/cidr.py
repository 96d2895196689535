"""IPv4 CIDR blocks as EC2 reads them."""

from __future__ import annotations

import ipaddress

from .errors import invalid_parameter


def network(text: str, parameter: str) -> ipaddress.IPv4Network:
    """The network that EC2 makes of `text`: host bits are cleared, 100.68.0.18/18 is 100.68.0.0/18 (API
    reference, CreateRoute, CreateVpc, AuthorizeSecurityGroupIngress). Raises InvalidParameterValue for
    anything else."""
    try:
        if "/" not in text:
            raise ValueError("no prefix length")
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise invalid_parameter(
            f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block."
        ) from None
