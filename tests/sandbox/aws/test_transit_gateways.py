"""Transit gateways' routes on the embedded AWS."""

from __future__ import annotations

import pytest

from .clients import Aws, refused

pytestmark = pytest.mark.hardening


def _table(aws: Aws) -> str:
    gateway = aws.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    table = aws.ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]
    return str(table["TransitGatewayRouteTableId"])


def test_routes_are_found_by_the_range_that_holds_them(aws: Aws) -> None:
    table = _table(aws)
    for block in ("10.128.4.0/24", "10.0.0.0/8", "192.168.0.0/24"):
        aws.ec2.create_transit_gateway_route(
            TransitGatewayRouteTableId=table, DestinationCidrBlock=block, Blackhole=True
        )

    def found(name: str, value: str) -> set[str]:
        filters = [{"Name": f"route-search.{name}", "Values": [value]}]
        answer = aws.ec2.search_transit_gateway_routes(TransitGatewayRouteTableId=table, Filters=filters)
        return {route["DestinationCidrBlock"] for route in answer["Routes"]}

    assert found("subnet-of-match", "10.128.0.0/13") == {"10.128.4.0/24"}
    assert found("supernet-of-match", "10.128.0.0/13") == {"10.0.0.0/8"}
    assert found("exact-match", "192.168.0.0/24") == {"192.168.0.0/24"}


def test_a_table_that_does_not_exist_is_refused(aws: Aws) -> None:
    with refused("InvalidRouteTableID.NotFound"):
        aws.ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId="tgw-rtb-00000000000000000", Filters=[{"Name": "state", "Values": ["active"]}]
        )
