"""SearchTransitGatewayRoutes: its filters, and a table that is not there.

moto answers for a table that does not exist with no routes, and takes the filters by range for none.
Source: EC2 API reference SearchTransitGatewayRoutes (filters state, type, route-search.exact-match,
route-search.subnet-of-match, route-search.supernet-of-match, route-search.longest-prefix-match; at least one is needed).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any

from ..errors import AwsError, invalid_parameter
from ..pipeline import Call, Rules

Network = ipaddress.IPv4Network
_BY_RANGE: dict[str, Callable[[Network, Network], bool]] = {
    "route-search.exact-match": lambda route, asked: route == asked,
    "route-search.subnet-of-match": lambda route, asked: route.subnet_of(asked),
    "route-search.supernet-of-match": lambda route, asked: route.supernet_of(asked),
}
_BY_VALUE = ("state", "type")


def _search(call: Call) -> Any:
    key = call.params.get("TransitGatewayRouteTableId")
    table = call.ec2.transit_gateways_route_tables.get(key)
    if table is None:
        raise AwsError(
            "InvalidRouteTableID.NotFound", f"Transit Gateway Route Table {key} was deleted or does not exist."
        )
    filters = {each["Name"]: each.get("Values") or [] for each in call.params.get("Filters") or []}
    if not filters:
        raise AwsError("MissingParameter", "The request must contain the parameter Filters")
    for name in filters:
        if name not in _BY_RANGE and name not in _BY_VALUE:
            raise invalid_parameter(f"The filter '{name}' is not modelled, or invalid")
    found = [route for route in table.routes.values() if all(_meets(route, *each) for each in filters.items())]
    limit = int(call.params.get("MaxResults") or 1000)
    return {
        "Routes": [_shown(route) for route in found[:limit]],
        "AdditionalRoutesAvailable": len(found) > limit,
    }


def _meets(route: dict[str, Any], name: str, values: list[str]) -> bool:
    if name in _BY_VALUE:
        return route[name] in values
    block = Network(route["destinationCidrBlock"])
    return any(_BY_RANGE[name](block, Network(value)) for value in values)


def _shown(route: dict[str, Any]) -> dict[str, Any]:
    attachment = route.get("transitGatewayAttachments")
    attached = {} if attachment is None else {name[0].upper() + name[1:]: value for name, value in attachment.items()}
    return {
        "DestinationCidrBlock": route["destinationCidrBlock"],
        "Type": route["type"],
        "State": route["state"],
        "TransitGatewayAttachments": [attached] if attached else [],
    }


def install(rules: Rules) -> None:
    """Install the answer."""
    rules.instead("ec2", "SearchTransitGatewayRoutes", _search)
