"""VPCs, subnets, internet gateways: what cannot be deleted while something hangs on it, and how many there
may be.

moto lets a VPC go with its gateways, groups and network ACLs, a subnet with its network interfaces, a gateway
from a VPC with public addresses, and the default network ACL; it keeps CIDR blocks with host bits, ignores
filters of egress-only gateways, and knows no quotas.
Sources: EC2 API reference (DeleteVpc, DeleteSubnet, DetachInternetGateway, CreateVpc, DeleteNetworkAcl) and its
"Error codes" page; repost.aws/knowledge-center/troubleshoot-dependency-error-delete-vpc; gruntwork-io/cloud-nuke
issues 345 (egress-only gateways) and 584 (network ACLs).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..cidr import network
from ..errors import AwsError, dependency_violation, invalid_parameter, not_modelled
from ..pipeline import Call, Rules
from ..quotas import INTERNET_GATEWAYS, SUBNETS_PER_VPC, VPCS
from ..topology import internet_gateway, load_balancers, nat_gateways, security_groups, subnets


def _canonical(call: Call) -> None:
    if call.params.get("CidrBlock"):
        call.params["CidrBlock"] = str(network(call.params["CidrBlock"], "cidrBlock"))


def _limit(quota: tuple[str, str], code: str, what: str, count: Callable[[Call], int]) -> Callable[[Call], None]:
    def check(call: Call) -> None:
        if count(call) + 1 > call.world.quotas.value(quota):
            raise AwsError(code, f"The maximum number of {what} has been reached.")

    return check


def _subnets_of(call: Call) -> int:
    return sum(subnet.vpc_id == call.params.get("VpcId") for subnet in subnets(call.ec2))


def _check_vpc_is_empty(call: Call) -> None:
    vpc_id, ec2 = call.params["VpcId"], call.ec2
    ec2.get_vpc(vpc_id)
    holders: list[Any] = [subnet for subnet in subnets(ec2) if subnet.vpc_id == vpc_id]
    holders += [eni for eni in ec2.enis.values() if eni.vpc_id == vpc_id]
    holders += [group for group in security_groups(ec2) if group.vpc_id == vpc_id and group.name != "default"]
    holders += [
        table for table in ec2.route_tables.values() if table.vpc_id == vpc_id and table.main_association_id is None
    ]
    holders += [acl for acl in ec2.network_acls.values() if acl.vpc_id == vpc_id and not acl.default]
    holders += [each for each in ec2.egress_only_internet_gateways.values() if each.vpc_id == vpc_id]
    if holders or internet_gateway(ec2, vpc_id) is not None:
        raise dependency_violation(f"vpc '{vpc_id}'")


def _check_subnet_is_empty(call: Call) -> None:
    subnet_id = call.params["SubnetId"]
    call.ec2.get_subnet(subnet_id)
    used = any(eni.subnet.id == subnet_id for eni in call.ec2.enis.values())
    balanced = any(subnet.id == subnet_id for nlb in load_balancers(call) for subnet in nlb.subnets)
    if used or balanced:
        raise dependency_violation(f"subnet '{subnet_id}'")


def _forget_associations(call: Call, result: Any) -> None:
    """moto keeps the associations of a subnet that is gone with its route table and network ACL, neither of which
    can be deleted any more."""
    for table in call.ec2.route_tables.values():
        for association, target in list(table._associations.items()):
            if target == call.params["SubnetId"]:
                del table._associations[association]
    for acl in call.ec2.network_acls.values():
        for association, held in list(acl._associations.items()):
            if held.subnet_id == call.params["SubnetId"]:
                del acl._associations[association]


def _keep_default_acl(call: Call) -> None:
    acl = call.ec2.get_network_acl(call.params["NetworkAclId"])
    if acl.default:
        raise invalid_parameter(f"cannot delete default network ACL {acl.id}")


def _no_filters(call: Call) -> None:
    if call.params.get("Filters"):
        raise not_modelled("ec2", call.operation, "filters")


def _check_one_gateway(call: Call) -> None:
    igw = call.ec2.get_internet_gateway(call.params["InternetGatewayId"])
    vpc = call.ec2.get_vpc(call.params["VpcId"])
    if igw.vpc is not None:
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"resource {igw.id} is already attached to network {igw.vpc.id}",
        )
    if internet_gateway(call.ec2, vpc.id) is not None:
        raise AwsError("InvalidParameterValue", f"Network {vpc.id} already has an internet gateway attached")


def _check_no_public_addresses(call: Call) -> None:
    vpc_id, ec2 = call.params["VpcId"], call.ec2
    public = any(eni.public_ip and eni.vpc_id == vpc_id for eni in ec2.enis.values())
    public |= any(nat.vpc_id == vpc_id and nat.connectivity_type == "public" for nat in nat_gateways(ec2))
    public |= any(nlb.vpc_id == vpc_id and nlb.scheme != "internal" for nlb in load_balancers(call))
    if public:
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) "
            "before detaching the gateway.",
        )


def _check_detached(call: Call) -> None:
    igw = call.ec2.get_internet_gateway(call.params["InternetGatewayId"])
    if igw.vpc is not None:
        raise dependency_violation(f"internetGateway '{igw.id}'")


def install(rules: Rules) -> None:
    """Install the rules on VPCs, subnets and internet gateways."""
    rules.before("ec2", "CreateVpc", "CreateSubnet", rule=_canonical)
    rules.before("ec2", "CreateVpc", rule=_limit(VPCS, "VpcLimitExceeded", "VPCs", lambda c: len(c.ec2.vpcs)))
    rules.before("ec2", "CreateSubnet", rule=_limit(SUBNETS_PER_VPC, "SubnetLimitExceeded", "subnets", _subnets_of))
    rules.before(
        "ec2",
        "CreateInternetGateway",
        rule=_limit(
            INTERNET_GATEWAYS,
            "InternetGatewayLimitExceeded",
            "internet gateways",
            lambda c: len(c.ec2.internet_gateways),
        ),
    )
    rules.before("ec2", "DeleteVpc", rule=_check_vpc_is_empty)
    rules.before("ec2", "DeleteSubnet", rule=_check_subnet_is_empty)
    rules.after("ec2", "DeleteSubnet", rule=_forget_associations)
    rules.before("ec2", "DeleteNetworkAcl", rule=_keep_default_acl)
    rules.before("ec2", "DescribeEgressOnlyInternetGateways", rule=_no_filters)
    rules.before("ec2", "AttachInternetGateway", rule=_check_one_gateway)
    rules.before("ec2", "DetachInternetGateway", rule=_check_no_public_addresses)
    rules.before("ec2", "DeleteInternetGateway", rule=_check_detached)
