"""What the Region's transit gateways carry: the ranges that attached networks reach through them."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from canal_aws.preflight.live.asking import Asking, NotAnswered


@dataclass(frozen=True)
class TransitRoute:
    """A route of a transit gateway's table; `resources` are the attached ones that it leads to."""

    table: str
    block: IPv4Network
    state: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class TransitRoutes:
    """ec2:SearchTransitGatewayRoutes, of every table."""

    items: tuple[TransitRoute, ...]


def transit_routes(asking: Asking) -> TransitRoutes:
    """Active and blackhole routes of IPv4; most accounts have no transit gateway, and one call says so."""
    tables = asking.pages("ec2", "describe_transit_gateway_route_tables", "TransitGatewayRouteTables", MaxResults=1000)
    available = [str(each["TransitGatewayRouteTableId"]) for each in tables if each.get("State") == "available"]
    found = asking.each(lambda table: _routes(asking, table), available)
    return TransitRoutes(tuple(route for routes in found for route in routes))


def _routes(asking: Asking, table: str) -> list[TransitRoute]:
    request: dict[str, Any] = {
        "TransitGatewayRouteTableId": table,
        "Filters": [{"Name": "state", "Values": ["active", "blackhole"]}],
        "MaxResults": 1000,
    }
    routes: list[TransitRoute] = []
    while True:
        answer = asking.ask("ec2", "search_transit_gateway_routes", **request)
        for each in answer["Routes"]:
            block = str(each.get("DestinationCidrBlock") or "")
            if block and ":" not in block:
                attached = each.get("TransitGatewayAttachments") or ()
                resources = tuple(str(one.get("ResourceId", "")) for one in attached)
                routes.append(TransitRoute(table, IPv4Network(block), str(each.get("State", "")), resources))
        if answer.get("NextToken"):
            request["NextToken"] = answer["NextToken"]
        elif answer.get("AdditionalRoutesAvailable"):
            raise NotAnswered("ec2:SearchTransitGatewayRoutes", "", f"{table} has more routes than AWS hands out")
        else:
            return routes
