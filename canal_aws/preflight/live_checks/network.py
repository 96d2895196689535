"""Ranges and routes that are there already: what ours would overlap, and what stands in the stack's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from canal_aws.preflight.checks.network import unless_overridden
from canal_aws.preflight.findings import Finding, ok, warning
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import Peerings, RouteTables, Vpcs
from canal_aws.preflight.live.prefix_lists import TablesLists
from canal_aws.preflight.live.table_routes import foreign_routes, named, own_blackholes
from canal_aws.preflight.live.target import Target, tags_of
from canal_aws.preflight.live.transit import TransitRoute, TransitRoutes
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.quotas import ROUTES_PER_TABLE
from canal_aws.stack.deployment import NAME_TAG
from canal_aws.turnover import Turnover


@check("other-vpcs", group="addresses", source="VPC User Guide, VPC peering: ranges must not overlap")
def ranges_meet_no_other_vpc(plan: Plan, target: Target, vpcs: Vpcs, peerings: Peerings) -> Iterator[Finding]:
    """The VPC, pod and service ranges overlap no other VPC of the Region and no peer: they could never be connected."""
    ours, own = _ranges(plan), vpcs.own(target)
    theirs = {f"{vpc['VpcId']} ({block})": block for vpc in target.others(vpcs.items) for block in _blocks(vpc)} | {
        f"peer {name} ({block})": block for name, block in _peers(peerings, own)
    }
    found = False
    for key, network in ours.items():
        met = [name for name, block in theirs.items() if network.overlaps(block)]
        if met:
            found = True
            yield warning(
                f"{key} = {network} overlaps {named(met)}",
                "choose a range apart if the two are ever to be connected",
            )
    if not found:
        yield ok(f"the ranges overlap none of {len(theirs)} others")


@check(
    "transit-gateways", group="addresses", source="Transit Gateway Guide, How transit gateways work: route evaluation"
)
def ranges_meet_no_transit_route(plan: Plan, target: Target, vpcs: Vpcs, routes: TransitRoutes) -> Iterator[Finding]:
    """No route of the Region's transit gateways but to the stack's own VPC overlaps its ranges."""
    own = vpcs.own(target)
    others = [each for each in routes.items if not own & set(each.resources) and each.block.prefixlen > 0]
    found = False
    for key, network in _ranges(plan).items():
        met = [f"{each.block} ({each.table}{_dead(each)})" for each in others if network.overlaps(each.block)]
        if met:
            found = True
            yield warning(
                f"{key} = {network} overlaps {len(met)} routes of transit gateways: {named(met)}",
                "choose a range apart, if the VPC is or is to be attached: the longer prefix wins",
            )
    if not found:
        yield ok(f"the ranges overlap none of {len(others)} routes of transit gateways")


@check("shadowed-routes", group="routes", source="VPC User Guide, Route priority: the most specific route wins")
def no_route_is_shadowed(plan: Plan, target: Target, tables: RouteTables) -> Iterator[Finding]:
    """No route that somebody added to the stack's tables lies within the pod CIDR, or holds it."""
    settings = plan.settings
    seen = False
    for table in _own(target, tables):
        met = [
            route.destination
            for route in foreign_routes(plan, target, table)
            if route.network is not None and route.network.overlaps(settings.pod_cidr)
        ]
        if met:
            seen = True
            yield warning(
                f"{table['RouteTableId']}: {len(met)} routes overlap podCidr = {settings.pod_cidr}: {named(met)}",
                "remove the routes, or choose another podCidr for a new stack",
            )
    if not seen:
        yield ok("no route of the stack's tables meets the pod CIDR")


@check("routes-in-tables", group="routes", quotas=(ROUTES_PER_TABLE.code,), source="VPC User Guide, Amazon VPC quotas")
def routes_fit_the_tables_there(
    plan: Plan, target: Target, tables: RouteTables, lists: TablesLists, limits: Limits
) -> Iterator[Finding]:
    """Foreign routes in the stack's tables (counted and named, blackholes too), leaving nodes' and the plan's fit the quota."""
    planned = {table.name: table for table in plan.addresses.route_tables}
    pod_routes = plan.nodes * plan.architecture.vpc_routes_per_node
    for table in _own(target, tables):
        name = tags_of(table).get(NAME_TAG, table["RouteTableId"])
        if name not in planned:
            continue
        others = foreign_routes(plan, target, table)
        subject = f"route table {name} ({table['RouteTableId']})"
        if others:
            subject += f", {len(others)} foreign routes: {named([lists.named(each.destination) for each in others])}"
        dead = [each.destination for each in others if each.blackhole] + own_blackholes(plan, target, table)
        if dead:
            yield warning(
                f"route table {name} ({table['RouteTableId']}), {len(dead)} blackholes: {named(dead)}",
                "delete those that are not the stack's, and leave the others to `pulumi up`: they lead nowhere, and count",
            )
        used = len(planned[name].fixed_routes) + sum(lists.count(each.destination) for each in others)
        leaving = len(Turnover.of_pod_routes(plan.addresses, plan.kept, name).beside)
        found = limits.grade(ROUTES_PER_TABLE.code, subject, used, pod_routes, "use fewer nodes", leaving=leaving)
        yield unless_overridden(plan, found)


def _own(target: Target, tables: RouteTables) -> list[Any]:
    return [table for table in tables.items if target.owns(table)]


def _dead(route: TransitRoute) -> str:
    return ", blackhole" if route.state == "blackhole" else ""


def _ranges(plan: Plan) -> dict[str, IPv4Network]:
    settings = plan.settings
    return {"vpcCidr": settings.vpc_cidr, "podCidr": settings.pod_cidr, "serviceCidr": settings.service_cidr}


def _blocks(vpc: Any) -> list[IPv4Network]:
    associated = [each["CidrBlock"] for each in vpc.get("CidrBlockAssociationSet") or ()]
    return [IPv4Network(block) for block in associated or [vpc["CidrBlock"]]]


def _peers(peerings: Peerings, own: set[str]) -> Iterator[tuple[str, IPv4Network]]:
    for peering in peerings.items:
        for side in ("AccepterVpcInfo", "RequesterVpcInfo"):
            vpc = peering.get(side) or {}
            for block in () if vpc.get("VpcId") in own else vpc.get("CidrBlockSet") or ():
                yield str(peering["VpcPeeringConnectionId"]), IPv4Network(block["CidrBlock"])
