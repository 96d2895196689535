"""DescribeVpcPeeringConnections: its filters, an id that is not there, and the ranges of both sides.

moto answers with every connection whatever was asked for, with none for an unknown id, with ranges before the other side
has accepted, and never with a VPC's further ones.
Source: EC2 API reference, DescribeVpcPeeringConnections (filters) and VpcPeeringConnection ("CIDR block information is
only returned when describing an active VPC peering connection").
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError, invalid_parameter
from ..pipeline import Call, Rules

_FILTERS = {
    "status-code": ("Status", "Code"),
    "requester-vpc-info.vpc-id": ("RequesterVpcInfo", "VpcId"),
    "accepter-vpc-info.vpc-id": ("AccepterVpcInfo", "VpcId"),
    "requester-vpc-info.owner-id": ("RequesterVpcInfo", "OwnerId"),
    "accepter-vpc-info.owner-id": ("AccepterVpcInfo", "OwnerId"),
}


def _describe(call: Call) -> Any:
    peerings = call.ec2.vpc_pcxs
    ids = call.params.get("VpcPeeringConnectionIds") or list(peerings)
    for key in ids:
        if key not in peerings:
            raise AwsError(
                "InvalidVpcPeeringConnectionID.NotFound", f"The vpcPeeringConnection ID '{key}' does not exist"
            )
    filters = {each["Name"]: each.get("Values") or [] for each in call.params.get("Filters") or []}
    for name in filters:
        if name not in _FILTERS:
            raise invalid_parameter(f"The filter '{name}' is not modelled, or invalid")
    shown = [_shown(peerings[key]) for key in ids]
    return {"VpcPeeringConnections": [each for each in shown if _meets(each, filters)]}


def _meets(shown: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    found = {name: shown[part][key] for name, (part, key) in _FILTERS.items()}
    return all(found[name] in values for name, values in filters.items())


def _shown(peering: Any) -> dict[str, Any]:
    sides = {
        "RequesterVpcInfo": (peering.requester_vpc_info, peering.vpc),
        "AccepterVpcInfo": (peering.accepter_vpc_info, peering.peer_vpc),
    }
    active = peering.status["Code"] == "active"
    return {
        "VpcPeeringConnectionId": peering.id,
        "Status": peering.status,
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in peering.get_tags()],
        **{name: _side(info, vpc, active) for name, (info, vpc) in sides.items()},
    }


def _side(info: dict[str, Any], vpc: Any, active: bool) -> dict[str, Any]:
    if not active:
        return {key: value for key, value in info.items() if key != "CidrBlock"}
    blocks = vpc.get_cidr_block_association_set(ipv6=False)
    return {**info, "CidrBlockSet": [{"CidrBlock": block["cidr_block"]} for block in blocks]}


def install(rules: Rules) -> None:
    """Install the answer."""
    rules.instead("ec2", "DescribeVpcPeeringConnections", _describe)
