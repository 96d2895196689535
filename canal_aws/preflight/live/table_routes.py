"""The routes of one of the stack's tables: whose each is, and whether it counts.

VPC User Guide, "Amazon VPC quotas", Route tables: the quota is of IPv4 and of IPv6 routes apart, and propagated routes
have one of their own. The plan's routes are all IPv4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Any

from canal_aws.preflight.live.target import Target
from canal_aws.preflight.planned import Plan
from canal_aws.stack.deployment import route_id

_NAMED = 5
_DEFAULT_ROUTE = "0.0.0.0/0"


@dataclass(frozen=True)
class ForeignRoute:
    """A route that the program does not make; `network` is None where a prefix list is its destination."""

    destination: str
    network: IPv4Network | None
    blackhole: bool


def foreign_routes(plan: Plan, target: Target, table: Mapping[str, Any]) -> list[ForeignRoute]:
    """Those that count beside the plan's, of people and of controllers."""
    pods, found = _pod_cidrs(plan, target, table), []
    for route in table.get("Routes") or ():
        block, prefix_list = route.get("DestinationCidrBlock"), route.get("DestinationPrefixListId")
        if route.get("GatewayId") == "local" or route.get("Origin") == "EnableVgwRoutePropagation":
            continue
        if block not in (None, _DEFAULT_ROUTE) and block not in pods:
            found.append(ForeignRoute(str(block), IPv4Network(block), _is_blackhole(route)))
        elif prefix_list:
            found.append(ForeignRoute(str(prefix_list), None, _is_blackhole(route)))
    return found


def own_blackholes(plan: Plan, target: Target, table: Mapping[str, Any]) -> list[str]:
    """Pod routes whose instance is gone."""
    pods = _pod_cidrs(plan, target, table)
    return [
        str(route["DestinationCidrBlock"])
        for route in table.get("Routes") or ()
        if route.get("DestinationCidrBlock") in pods and _is_blackhole(route)
    ]


def named(names: Sequence[str]) -> str:
    """The first few."""
    return f"{', '.join(names[:_NAMED])}{' …' if len(names) > _NAMED else ''}"


def _pod_cidrs(plan: Plan, target: Target, table: Mapping[str, Any]) -> set[str]:
    """The planned ones, and those of leaving nodes: the state holds their routes until `pulumi up` takes them away.

    By the route's own id: a route's InstanceId is told only while the instance runs, and people's routes may have one.
    """
    planned = {str(node.pod_cidr) for node in plan.addresses.nodes if node.pod_cidr is not None}
    blocks = {str(route.get("DestinationCidrBlock")) for route in table.get("Routes") or ()} - {_DEFAULT_ROUTE}
    return planned | {block for block in blocks if route_id(str(table["RouteTableId"]), block) in target.ids}


def _is_blackhole(route: Mapping[str, Any]) -> bool:
    return route.get("State") == "blackhole"
