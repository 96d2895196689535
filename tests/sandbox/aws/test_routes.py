"""Routes on the embedded AWS: quota, destinations, targets, blackholes."""

from __future__ import annotations

import pytest
import requests

from .clients import Aws, eventually, refused

pytestmark = pytest.mark.hardening


def _set_quota(aws: Aws, value: int) -> None:
    body = {"service": "vpc", "code": "L-93826ACB", "value": value}
    requests.post(f"{aws.url}/_canal/quota", json=body, timeout=5).raise_for_status()


def test_the_local_route_and_the_routes_made_fill_the_quota_of_a_table(aws: Aws, table: str, gateway: str) -> None:
    if aws.hardened:
        _set_quota(aws, 4)
    # Bare moto reports a quota of 50, and takes as many as come.
    for index in range(3 if aws.hardened else 60):
        aws.ec2.create_route(
            RouteTableId=table, DestinationCidrBlock=f"172.16.{index // 250}.{index % 250}/32", GatewayId=gateway
        )
    with refused("RouteLimitExceeded"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="172.17.0.0/24", GatewayId=gateway)


def test_replacing_a_route_in_a_full_table_is_fine_and_another_table_has_its_own_quota(
    aws: Aws, vpc: str, table: str, gateway: str
) -> None:
    _set_quota(aws, 2)
    other = aws.table(vpc)
    for each in (table, other):
        aws.ec2.create_route(RouteTableId=each, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    with refused("RouteLimitExceeded"):
        aws.ec2.create_route(RouteTableId=other, DestinationCidrBlock="172.17.0.0/24", GatewayId=gateway)


def test_a_destination_with_host_bits_becomes_canonical(aws: Aws, table: str, gateway: str) -> None:
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="100.68.0.18/18", GatewayId=gateway)
    assert aws.route(table, "100.68.0.0/18")["GatewayId"] == gateway


def test_a_route_to_an_interface_exists_once(aws: Aws, table: str, subnet: str, image: str) -> None:
    eni = aws.running(subnet)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    wanted = {"RouteTableId": table, "NetworkInterfaceId": eni}
    aws.ec2.create_route(DestinationCidrBlock="10.128.0.0/24", **wanted)
    with refused("RouteAlreadyExists", "10.128.0.0/24"):
        aws.ec2.create_route(DestinationCidrBlock="10.128.0.7/24", **wanted)


def test_the_cidr_of_the_vpc_is_taken_by_the_local_route(aws: Aws, table: str, gateway: str) -> None:
    with refused("RouteAlreadyExists"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16", GatewayId=gateway)


def test_a_destination_inside_the_vpc_goes_to_no_gateway(aws: Aws, table: str, gateway: str) -> None:
    with refused("InvalidParameterValue", "equal to or more specific than one of this VPC's CIDR blocks"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.9.0/24", GatewayId=gateway)


def test_a_destination_inside_the_vpc_must_be_a_subnet(aws: Aws, table: str, subnet: str, image: str) -> None:
    eni = aws.running(subnet)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with refused("InvalidParameterValue", "must equal the CIDR block of a subnet"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.1.9/32", NetworkInterfaceId=eni)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.0.1.0/24", NetworkInterfaceId=eni)


def test_the_route_of_a_terminated_instance_is_a_blackhole(aws: Aws, table: str, subnet: str, image: str) -> None:
    instance = aws.running(subnet)
    eni = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.128.0.0/24", NetworkInterfaceId=eni)
    before = aws.route(table, "10.128.0.0/24")
    assert (before["State"], before["InstanceId"]) == ("active", instance["InstanceId"])
    aws.terminate(instance["InstanceId"])
    after = aws.route(table, "10.128.0.0/24")
    assert (after["State"], after["NetworkInterfaceId"]) == ("blackhole", eni)


def test_a_blackhole_can_be_replaced_and_is_active_again(aws: Aws, table: str, subnet: str, image: str) -> None:
    old, new = aws.running(subnet), aws.running(subnet)
    destination = {"RouteTableId": table, "DestinationCidrBlock": "10.128.0.0/24"}
    aws.ec2.create_route(**destination, NetworkInterfaceId=old["NetworkInterfaces"][0]["NetworkInterfaceId"])
    aws.terminate(old["InstanceId"])
    assert aws.route(table, "10.128.0.0/24")["State"] == "blackhole"
    aws.ec2.replace_route(**destination, NetworkInterfaceId=new["NetworkInterfaces"][0]["NetworkInterfaceId"])
    assert aws.route(table, "10.128.0.0/24")["State"] == "active"


def test_the_route_of_a_detached_gateway_is_a_blackhole(aws: Aws, vpc: str, table: str, gateway: str) -> None:
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert aws.route(table, "0.0.0.0/0")["State"] == "blackhole"


def test_the_route_of_a_deleted_nat_gateway_is_a_blackhole(aws: Aws, table: str, subnet: str, gateway: str) -> None:
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = aws.ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    aws.ec2.delete_nat_gateway(NatGatewayId=nat)
    eventually(lambda: aws.route(table, "0.0.0.0/0")["State"] == "blackhole", seconds=3)


def test_targets_of_another_vpc_are_refused(aws: Aws, subnet: str, image: str) -> None:
    foreign = aws.table(aws.vpc("10.9.0.0/16"))
    eni = aws.running(subnet)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with refused("InvalidParameterValue", "belong to different networks"):
        aws.ec2.create_route(RouteTableId=foreign, DestinationCidrBlock="10.128.0.0/24", NetworkInterfaceId=eni)


def test_a_route_has_exactly_one_target(aws: Aws, table: str, gateway: str) -> None:
    with refused("MissingParameter"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.128.0.0/24")
    with refused("InvalidParameterCombination"):
        aws.ec2.create_route(
            RouteTableId=table,
            DestinationCidrBlock="10.128.0.0/24",
            GatewayId=gateway,
            NatGatewayId="nat-0123456789abcdef0",
        )


def test_an_unknown_nat_gateway_is_no_target(aws: Aws, table: str) -> None:
    with refused("InvalidNatGatewayID.NotFound"):
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId="nat-0123456789abcdef0")


def test_the_local_route_cannot_be_deleted(aws: Aws, table: str) -> None:
    with refused("InvalidParameterValue", "cannot remove local route"):
        aws.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")


def test_a_subnet_has_one_table_at_a_time(aws: Aws, vpc: str, table: str, subnet: str) -> None:
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    with refused("Resource.AlreadyAssociated"):
        aws.ec2.associate_route_table(RouteTableId=aws.table(vpc), SubnetId=subnet)


def test_the_main_table_goes_only_with_its_vpc(aws: Aws, vpc: str) -> None:
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    (main,) = aws.ec2.describe_route_tables(Filters=mine)["RouteTables"]
    with refused("DependencyViolation"):
        aws.ec2.delete_route_table(RouteTableId=main["RouteTableId"])


def test_a_prefix_list_fills_as_much_of_a_table_as_it_may_hold_entries(aws: Aws, table: str, gateway: str) -> None:
    if aws.hardened:
        _set_quota(aws, 8)
    lists = [
        aws.ec2.create_managed_prefix_list(PrefixListName=name, AddressFamily="IPv4", MaxEntries=entries)["PrefixList"]
        for name, entries in (("offices", 6), ("partners", 2))
    ]
    fits, does_not = (each["PrefixListId"] for each in lists)
    aws.ec2.create_route(RouteTableId=table, DestinationPrefixListId=fits, GatewayId=gateway)
    with refused("RouteLimitExceeded"):
        aws.ec2.create_route(RouteTableId=table, DestinationPrefixListId=does_not, GatewayId=gateway)
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="172.17.0.0/24", GatewayId=gateway)


def test_a_route_to_a_prefix_list_needs_one(aws: Aws, table: str, gateway: str) -> None:
    with refused("InvalidPrefixListID.NotFound"):
        aws.ec2.create_route(RouteTableId=table, DestinationPrefixListId="pl-0123456789abcdef0", GatewayId=gateway)
