"""VPCs, subnets, internet gateways, NAT gateways and Elastic IPs on the embedded AWS."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from .clients import Aws, eventually, refused

pytestmark = pytest.mark.hardening


def _nat(aws: Aws, subnet: str) -> dict[str, Any]:
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    made: dict[str, Any] = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    return made


def _described(aws: Aws, key: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.ec2.describe_nat_gateways(NatGatewayIds=[key])["NatGateways"][0]
    return found


def test_a_vpc_with_a_gateway_stays(aws: Aws, vpc: str, gateway: str) -> None:
    with refused("DependencyViolation", vpc):
        aws.ec2.delete_vpc(VpcId=vpc)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_with_a_group_stays(aws: Aws, vpc: str) -> None:
    aws.group(vpc)
    with refused("DependencyViolation"):
        aws.ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_with_an_egress_only_gateway_stays(aws: Aws, vpc: str) -> None:
    made = aws.ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    key = made["EgressOnlyInternetGatewayId"]
    (shown,) = aws.ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]
    assert shown["Attachments"] == [{"State": "attached", "VpcId": vpc}]
    with refused("SandboxNotModelled"):
        aws.ec2.describe_egress_only_internet_gateways(Filters=[{"Name": "tag-key", "Values": ["Name"]}])
    with refused("DependencyViolation", vpc):
        aws.ec2.delete_vpc(VpcId=vpc)
    aws.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=key)
    aws.ec2.delete_vpc(VpcId=vpc)


def test_a_vpc_with_a_network_acl_of_its_own_stays(aws: Aws, vpc: str) -> None:
    key = aws.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    with refused("DependencyViolation", vpc):
        aws.ec2.delete_vpc(VpcId=vpc)
    aws.ec2.delete_network_acl(NetworkAclId=key)
    aws.ec2.delete_vpc(VpcId=vpc)


def _acls(aws: Aws, vpc: str, default: bool) -> list[dict[str, Any]]:
    wanted = {"vpc-id": vpc, "default": str(default).lower()}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    found: list[dict[str, Any]] = aws.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]
    return found


def test_a_subnet_holds_its_network_acl_and_lets_go_of_it(aws: Aws, vpc: str, subnet: str) -> None:
    (default,) = _acls(aws, vpc, default=True)
    assert default["IsDefault"] is True
    with refused("InvalidParameterValue", default["NetworkAclId"]):
        aws.ec2.delete_network_acl(NetworkAclId=default["NetworkAclId"])
    key = aws.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    (held,) = default["Associations"]
    aws.ec2.replace_network_acl_association(AssociationId=held["NetworkAclAssociationId"], NetworkAclId=key)
    (own,) = _acls(aws, vpc, default=False)
    assert [each["SubnetId"] for each in own["Associations"]] == [subnet]
    with refused("DependencyViolation", key):
        aws.ec2.delete_network_acl(NetworkAclId=key)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_network_acl(NetworkAclId=key)
    assert not _acls(aws, vpc, default=False)


def test_a_subnet_with_an_instance_stays(aws: Aws, subnet: str, image: str) -> None:
    key = aws.running(subnet)["InstanceId"]
    with refused("DependencyViolation", subnet):
        aws.ec2.delete_subnet(SubnetId=subnet)
    aws.terminate(key)
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_a_subnet_with_a_load_balancer_stays(aws: Aws, subnet: str) -> None:
    aws.elb.create_load_balancer(Name="api", Type="network", Scheme="internal", Subnets=[subnet])
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)


def test_a_subnet_takes_its_association_along(aws: Aws, table: str, subnet: str) -> None:
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    (shown,) = aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert shown["Associations"] == []
    aws.ec2.delete_route_table(RouteTableId=table)


def test_cidr_blocks_become_canonical(aws: Aws) -> None:
    assert aws.ec2.create_vpc(CidrBlock="10.0.3.4/16")["Vpc"]["CidrBlock"] == "10.0.0.0/16"


def test_five_vpcs_and_no_more(aws: Aws) -> None:
    for index in range(4):  # and the default one
        aws.vpc(f"10.{index}.0.0/16")
    with refused("VpcLimitExceeded"):
        aws.vpc("10.9.0.0/16")


def test_five_addresses_and_no_more(aws: Aws) -> None:
    for _ in range(5):
        aws.ec2.allocate_address(Domain="vpc")
    with refused("AddressLimitExceeded"):
        aws.ec2.allocate_address(Domain="vpc")


def test_five_internet_gateways_and_no_more(aws: Aws) -> None:
    for _ in range(5):
        aws.ec2.create_internet_gateway()
    with refused("InternetGatewayLimitExceeded"):
        aws.ec2.create_internet_gateway()


def test_a_vpc_has_one_internet_gateway(aws: Aws, vpc: str, gateway: str) -> None:
    with refused("InvalidParameterValue", "already has an internet gateway attached"):
        aws.gateway(vpc)


def test_public_addresses_hold_the_internet_gateway(aws: Aws, vpc: str, subnet: str, gateway: str) -> None:
    _nat(aws, subnet)
    with refused("DependencyViolation", "mapped public address"):
        aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


def test_a_nat_gateway_takes_its_time(aws: Aws, subnet: str, gateway: str) -> None:
    made = _nat(aws, subnet)
    assert (made["State"], made["ConnectivityType"]) == ("pending", "public")
    eventually(lambda: _described(aws, made["NatGatewayId"])["State"] == "available")


def test_a_nat_gateway_without_an_internet_gateway_fails(aws: Aws, subnet: str) -> None:
    key = _nat(aws, subnet)["NatGatewayId"]
    eventually(lambda: _described(aws, key)["State"] == "failed", seconds=3)
    assert _described(aws, key)["FailureCode"] == "Gateway.NotAttached"


def test_a_deleted_nat_gateway_lets_go_of_its_address_and_subnet(aws: Aws, subnet: str, gateway: str) -> None:
    made = _nat(aws, subnet)
    key, allocation = made["NatGatewayId"], made["NatGatewayAddresses"][0]["AllocationId"]
    eventually(lambda: _described(aws, key)["State"] == "available")
    aws.ec2.delete_nat_gateway(NatGatewayId=key)
    assert _described(aws, key)["State"] == "deleting"
    with refused("InvalidIPAddress.InUse"):
        aws.ec2.release_address(AllocationId=allocation)
    with refused("DependencyViolation"):
        aws.ec2.delete_subnet(SubnetId=subnet)
    eventually(lambda: _described(aws, key)["State"] == "deleted")
    aws.ec2.release_address(AllocationId=allocation)
    aws.ec2.delete_subnet(SubnetId=subnet)


def test_a_nat_gateway_has_an_address_of_its_subnet(aws: Aws, vpc: str, gateway: str) -> None:
    small = aws.subnet(vpc, "10.0.7.0/28")
    (held,) = _nat(aws, small)["NatGatewayAddresses"]
    assert ip_address(held["PrivateIp"]) in ip_network("10.0.7.0/28")


def test_a_nat_gateway_is_found_by_its_tags_alone(aws: Aws, subnet: str, gateway: str) -> None:
    key = _nat(aws, subnet)["NatGatewayId"]
    aws.ec2.create_tags(Resources=[key], Tags=[{"Key": "canal-aws:name", "Value": "nat-a"}])

    def found(name: str) -> list[str]:
        wanted = [{"Name": "tag:canal-aws:name", "Values": [name]}]
        return [each["NatGatewayId"] for each in aws.ec2.describe_nat_gateways(Filters=wanted)["NatGateways"]]

    assert (found("nat-a"), found("nat-b")) == ([key], [])


def test_public_addresses_belong_to_nobody(aws: Aws, vpc: str, subnet: str, image: str) -> None:
    aws.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    addresses = {aws.ec2.allocate_address(Domain="vpc")["PublicIp"], aws.running(subnet)["PublicIpAddress"]}
    assert len(addresses) == 2
    assert all(ip_address(address) in ip_network("203.0.113.0/24") for address in addresses)


def test_an_unknown_nat_gateway_is_not_found(aws: Aws) -> None:
    with refused("NatGatewayNotFound"):
        aws.ec2.delete_nat_gateway(NatGatewayId="nat-0123456789abcdef0")


def test_a_dry_run_makes_nothing(aws: Aws) -> None:
    before = len(aws.ec2.describe_vpcs()["Vpcs"])
    with refused("DryRunOperation"):
        aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    assert len(aws.ec2.describe_vpcs()["Vpcs"]) == before
