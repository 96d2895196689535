"""What moto does as AWS about routes, and the hardening must not break; and many callers at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import ClientError

from canal_aws.sandbox.aws.server import EmbeddedAws

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


def test_parallel_callers_do_not_slip_past_the_quota(
    embedded_aws: EmbeddedAws, aws: Aws, table: str, gateway: str
) -> None:
    embedded_aws.world.quotas.set("vpc", "L-93826ACB", 6)

    def made(index: int) -> str:
        try:
            aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=f"172.16.{index}.0/24", GatewayId=gateway)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "made"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(made, range(16)))
    assert sorted(outcomes) == ["RouteLimitExceeded"] * 11 + ["made"] * 5
