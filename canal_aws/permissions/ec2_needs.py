"""EC2's actions by the resources that they name: what they make, what of the stack's they act on, what is others'.

Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from canal_aws.permissions.scope import Condition, Scope


class State(Enum):
    """What is known of a resource when EC2 decides."""

    NEW = "made by the call, with the stack's tag in the request"
    OWN = "the stack's, with its tag on it"
    UNTAGGED = "made by the call without tags, or somebody else's"


@dataclass(frozen=True)
class Touched:
    """Resource types of one state that an action names."""

    state: State
    kinds: tuple[str, ...]


_NEW: Mapping[str, str] = {
    "AllocateAddress": "elastic-ip",
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateInternetGateway": "internet-gateway",
    "CreateLaunchTemplate": "launch-template",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "RunInstances": "instance volume",
}
_OWN: Mapping[str, str] = {
    "AssociateRouteTable": "route-table subnet",
    "AttachInternetGateway": "internet-gateway vpc",
    "AuthorizeSecurityGroupEgress": "security-group",
    "AuthorizeSecurityGroupIngress": "security-group",
    "CreateLaunchTemplateVersion": "launch-template",
    "CreateNatGateway": "elastic-ip subnet vpc",
    "CreateRoute": "route-table",
    "CreateRouteTable": "vpc",
    "CreateSecurityGroup": "vpc",
    "CreateSubnet": "vpc",
    "DeleteInternetGateway": "internet-gateway",
    "DeleteLaunchTemplate": "launch-template",
    "DeleteNatGateway": "natgateway",
    "DeleteRoute": "route-table",
    "DeleteRouteTable": "route-table",
    "DeleteSecurityGroup": "security-group",
    "DeleteSubnet": "subnet",
    "DeleteVpc": "vpc",
    "DescribeInstanceAttribute": "instance",
    "DescribeVpcAttribute": "vpc",
    "DetachInternetGateway": "internet-gateway vpc",
    "DisassociateAddress": "elastic-ip",
    "DisassociateRouteTable": "route-table subnet",
    "GetSecurityGroupsForVpc": "vpc",
    "ModifyInstanceAttribute": "instance",
    "ModifyLaunchTemplate": "launch-template",
    "ModifyNetworkInterfaceAttribute": "instance security-group",
    "ModifySecurityGroupRules": "security-group security-group-rule",
    "ModifySubnetAttribute": "subnet",
    "ModifyVpcAttribute": "vpc",
    "ReleaseAddress": "elastic-ip",
    "ReplaceRoute": "route-table",
    "ReplaceRouteTableAssociation": "route-table subnet",
    "RevokeSecurityGroupEgress": "security-group",
    "RevokeSecurityGroupIngress": "security-group",
    "RunInstances": "launch-template security-group subnet",
    "TerminateInstances": "instance",
}
# A new instance's interface gets no tags, and a NAT gateway's is EC2's own. Nor does a spot instance's request get any, which
# EC2 therefore does not look at (EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation").
_UNTAGGED: Mapping[str, str] = {
    "CancelSpotInstanceRequests": "spot-instances-request",
    "DisassociateAddress": "network-interface",
    "ModifyNetworkInterfaceAttribute": "network-interface",
    "RunInstances": "image network-interface",
}
_TAGGED = tuple(sorted({kind for kinds in _NEW.values() for kind in kinds.split()}))


def of(action: str) -> Iterator[Touched]:
    """What `action` (ec2:…) names; nothing for what EC2 knows on "*" only."""
    name = action.partition(":")[2]
    if name == "CreateTags":
        yield Touched(State.NEW, _TAGGED)
    if name in ("CreateTags", "DeleteTags"):
        yield Touched(State.OWN, _TAGGED)
    if name in _NEW:
        yield Touched(State.NEW, tuple(_NEW[name].split()))
    if name in _OWN:
        yield Touched(State.OWN, tuple(_OWN[name].split()))
    for kind in _UNTAGGED.get(name, "").split():
        yield Touched(State.UNTAGGED, (kind,))


def condition(action: str, touched: Touched, scope: Scope) -> Condition:
    """What a grant for `touched` asks."""
    if touched.state is State.UNTAGGED:
        return ()
    if touched.state is State.OWN:
        return scope.tagged("aws:ResourceTag")
    made = scope.tagged("aws:RequestTag")
    # Tags of what is being made, and of nothing that is there already.
    return (*made, ("StringEquals", "ec2:CreateAction", tuple(sorted(_NEW)))) if action == "ec2:CreateTags" else made
