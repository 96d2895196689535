"""Ranges and routes that are there already: what ours would overlap, and what stands in the stack's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from canal_aws.preflight.findings import Finding, ok, warning
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import Peerings, RouteTables, Vpcs
from canal_aws.preflight.live.target import Target, tags_of
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.quotas import ROUTES_PER_TABLE
from canal_aws.stack.deployment import NAME_TAG

_NAMED = 5


@check("other-vpcs", group="addresses", source="VPC User Guide, VPC peering: ranges must not overlap")
def ranges_meet_no_other_vpc(plan: Plan, target: Target, vpcs: Vpcs, peerings: Peerings) -> Iterator[Finding]:
    """The VPC, pod and service ranges overlap no other VPC of the Region and no peer: they could never be connected."""
    ours = _ranges(plan)
    theirs = {f"{vpc['VpcId']} ({block})": block for vpc in target.others(vpcs.items) for block in _blocks(vpc)} | {
        f"peer {name} ({block})": block for name, block in _peers(peerings)
    }
    found = False
    for key, network in ours.items():
        met = [name for name, block in theirs.items() if network.overlaps(block)]
        if met:
            found = True
            yield warning(
                f"{key} = {network} overlaps {', '.join(met[:_NAMED])}{' …' if len(met) > _NAMED else ''}",
                "choose a range apart if the two are ever to be connected",
            )
    if not found:
        yield ok(f"the ranges overlap none of {len(theirs)} others")


@check("shadowed-routes", group="routes", source="VPC User Guide, Route priority: the most specific route wins")
def no_route_is_shadowed(plan: Plan, target: Target, tables: RouteTables) -> Iterator[Finding]:
    """No route that somebody added to the stack's tables lies within the pod CIDR, or holds it."""
    settings = plan.settings
    seen = False
    for table in _own(target, tables):
        for route in table["Routes"]:
            block = route.get("DestinationCidrBlock")
            if block in (None, "0.0.0.0/0") or _ours(plan, block):
                continue
            if IPv4Network(block).overlaps(settings.pod_cidr):
                seen = True
                yield warning(
                    f"{table['RouteTableId']}: the route {block} overlaps podCidr = {settings.pod_cidr}",
                    "remove the route, or choose another podCidr for a new stack",
                )
    if not seen:
        yield ok("no route of the stack's tables meets the pod CIDR")


@check("routes-in-tables", group="routes", quotas=(ROUTES_PER_TABLE.code,), source="VPC User Guide, Amazon VPC quotas")
def routes_fit_the_tables_there(plan: Plan, target: Target, tables: RouteTables, limits: Limits) -> Iterator[Finding]:
    """Foreign routes in the stack's tables (counted, and blackholes named) and the plan's fit the applied quota."""
    planned = {table.name: table for table in plan.addresses.route_tables}
    pod_routes = plan.nodes * plan.architecture.vpc_routes_per_node
    for table in _own(target, tables):
        name = tags_of(table).get(NAME_TAG, table["RouteTableId"])
        if name not in planned:
            continue
        fixed = len(planned[name].fixed_routes)
        others = [route for route in table["Routes"] if _foreign(plan, route)]
        blackholes = [route["DestinationCidrBlock"] for route in others if route.get("State") == "blackhole"]
        subject = f"route table {name} ({table['RouteTableId']}), {len(others)} foreign routes"
        if blackholes:
            yield warning(
                f"{subject}: blackholes {', '.join(blackholes[:_NAMED])}", "delete them: they count, and lead nowhere"
            )
        yield limits.grade(ROUTES_PER_TABLE.code, subject, fixed + len(others), pod_routes, "use fewer nodes")


def _own(target: Target, tables: RouteTables) -> list[Any]:
    return [table for table in tables.items if target.owns(table)]


def _foreign(plan: Plan, route: Any) -> bool:
    block = route.get("DestinationCidrBlock")
    return block not in (None, "0.0.0.0/0", str(plan.settings.vpc_cidr)) and not _ours(plan, block)


def _ours(plan: Plan, block: str) -> bool:
    return block == str(plan.settings.vpc_cidr) or any(str(node.pod_cidr) == block for node in plan.addresses.nodes)


def _ranges(plan: Plan) -> dict[str, IPv4Network]:
    settings = plan.settings
    return {"vpcCidr": settings.vpc_cidr, "podCidr": settings.pod_cidr, "serviceCidr": settings.service_cidr}


def _blocks(vpc: Any) -> list[IPv4Network]:
    associated = [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or ()]
    return [IPv4Network(block) for block in associated or [vpc["CidrBlock"]]]


def _peers(peerings: Peerings) -> Iterator[tuple[str, IPv4Network]]:
    for peering in peerings.items:
        for side in ("AccepterVpcInfo", "RequesterVpcInfo"):
            for block in (peering.get(side) or {}).get("CidrBlockSet") or ():
                yield str(peering["VpcPeeringConnectionId"]), IPv4Network(block["CidrBlock"])
