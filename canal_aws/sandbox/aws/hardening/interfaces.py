"""Network interfaces that are in use, and those that AWS itself made.

moto deletes one that is attached, and shows a NAT gateway's as anybody's.
Sources: EC2 API reference, NetworkInterface (InterfaceType, RequesterManaged) and "Error codes"
(InvalidNetworkInterface.InUse); VPC User Guide, "NAT gateway basics".
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules


def _as_nat_gateways(call: Call, result: Any) -> None:
    gateway = result["NatGateway"]
    interface = gateway._eni
    interface.description = f"Interface for NAT Gateway {gateway.id}"
    interface.interface_type = "nat_gateway"
    interface.requester_managed = True
    interface.status = "in-use"


def _check_unused(call: Call) -> None:
    interface = call.ec2.get_network_interface(call.params["NetworkInterfaceId"])
    if interface.instance is not None or interface.status == "in-use":
        raise AwsError(
            "InvalidNetworkInterface.InUse",
            f"Network interface '{interface.id}' is currently in use.",
        )


def install(rules: Rules) -> None:
    """Install the rules on network interfaces."""
    rules.after("ec2", "CreateNatGateway", rule=_as_nat_gateways)
    rules.before("ec2", "DeleteNetworkInterface", rule=_check_unused)
