"""What moto does as AWS about routes, and the hardening must not break."""

from __future__ import annotations

from .clients import Aws, refused


def test_unknown_routes_are_neither_replaced_nor_deleted(aws: Aws, table: str, gateway: str) -> None:
    unknown = {"RouteTableId": table, "DestinationCidrBlock": "172.16.0.0/24"}
    with refused("InvalidParameterValue", "There is no route defined"):
        aws.ec2.replace_route(**unknown, GatewayId=gateway)
    with refused("InvalidRoute.NotFound"):
        aws.ec2.delete_route(**unknown)


def test_a_table_with_associations_stays(aws: Aws, table: str, subnet: str) -> None:
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    with refused("DependencyViolation"):
        aws.ec2.delete_route_table(RouteTableId=table)


def test_a_route_names_its_target(aws: Aws, table: str, gateway: str) -> None:
    aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    route = aws.route(table, "0.0.0.0/0")
    assert (route["GatewayId"], route["State"], route["Origin"]) == (gateway, "active", "CreateRoute")
    assert aws.route(table, "10.0.0.0/16")["GatewayId"] == "local"
