"""Route tables against the plan: the way out, the pods' routes, and what nobody planned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from canal_aws.doctor import repairs
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.vpc import SeenRoute, SubnetIds, Table, Tables
from canal_aws.doctor.wanted import ROUTE, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check
from canal_aws.stack.deployment import route_id

_ANYWHERE = "0.0.0.0/0"
_EDGE = "edge"


@check("pod-routes-as-planned", group="routes", source="VPC User Guide, Configure route tables; infra/pod_routes.py")
def pod_routes(wanted: Wanted, tables: Tables, machines: Machines) -> Iterator[Finding]:
    """Each planned pod CIDR has a route to its node's interface in every table of the nodes."""
    found = machines.by_name
    count = 0
    for table in _planned(wanted, tables):
        routes = {route.destination: route for route in table.routes}
        for name, cidr in wanted.pod_cidrs.items():
            route, interface = routes.get(cidr), found[name].interface if name in found else ""
            if route is None:
                yield fails(f"table {table.name} ({table.id}): no route {cidr} to {name} ({interface})", repairs.UP)
            elif interface and route.target != interface:
                yield fails(
                    f"table {table.name} ({table.id}): {cidr} leads to {route.target or 'nothing'}, wanted {interface} "
                    f"of {name}",
                    repairs.UP,
                )
            else:
                count += 1
    if wanted.pod_cidrs:
        yield ok(f"{count} pod routes lead to their nodes")


@check("fixed-routes", group="routes", source="VPC User Guide, Route table concepts; infra/network.py")
def fixed_routes(wanted: Wanted, tables: Tables) -> Iterator[Finding]:
    """Each table of the plan is there and leads out, nodes' through NAT or the internet gateway."""
    there = {table.name: table for table in tables.items}
    ways_out = {table.name: "nat-" if table.nat_zone else "igw-" for table in wanted.plan.route_tables}
    for name, kind in {**ways_out, _EDGE: "igw-"}.items():
        table = there.get(name)
        if table is None:
            yield fails(f"route table {name}: not there", repairs.UP)
            continue
        route = next((each for each in table.routes if each.destination == _ANYWHERE), None)
        if route is None or not route.target.startswith(kind):
            has = f"leads to {route.target or 'nothing'}" if route else "is missing"
            yield fails(f"table {name} ({table.id}): {_ANYWHERE} {has}, wanted a gateway {kind}…", repairs.UP)


@check("blackhole-routes", group="routes", source="EC2 API Reference, Route: state")
def blackholes(wanted: Wanted, tables: Tables, machines: Machines) -> Iterator[Finding]:
    """No route of the stack's tables leads to something that is gone."""
    ours = _ours(wanted)
    stopped = {each.name: each.id for each in machines.items if not each.running}
    for table in _named(tables):
        for route in table.routes:
            if route.blackhole:
                whose = ours.get(route.destination)
                way_out = repairs.UP if whose else _remove(wanted, table, route)
                if whose in stopped:
                    way_out = f"`aws ec2 start-instances --instance-ids {stopped[whose]}`: {whose} is stopped"
                yield fails(
                    f"table {table.name} ({table.id}): {route.destination} is a blackhole, {route.target or 'its target'} "
                    "is gone or stopped",
                    way_out,
                )


@check("foreign-routes", group="routes", source="VPC User Guide, Route priority: the most specific route decides")
def foreign_routes(wanted: Wanted, tables: Tables) -> Iterator[Finding]:
    """Routes that nobody planned are named; those that catch pods' or nodes' packets are drift."""
    ours = _ours(wanted)
    guarded = {"pod CIDR": wanted.settings.pod_cidr, "VPC": wanted.settings.vpc_cidr}
    nodes = {table.name for table in wanted.plan.route_tables}
    for table in _named(tables):
        for route in table.routes:
            known = route.destination in (ours if table.name in nodes else ours.keys() - wanted.pod_cidrs.values())
            if route.target == "local" or known or route.blackhole:
                continue
            if _in_state(wanted, table, route):
                leads_to = route.target or "nothing"
                yield fails(
                    f"table {table.name} ({table.id}): {route.destination} to {leads_to}: not planned", repairs.REMOVED
                )
                continue
            caught = [f"the {name} {cidr}" for name, cidr in guarded.items() if _overlaps(route, cidr)]
            what = f"table {table.name} ({table.id}): foreign route {route.destination} to {route.target or 'nothing'}"
            if caught:
                yield fails(f"{what} catches packets of {' and '.join(caught)}", _delete(table, route))
            else:
                yield warning(what, f"nothing where it is meant, else {_delete(table, route)}")


@check("subnets-use-their-tables", group="routes", source="VPC User Guide, Subnet route tables; infra/network.py")
def associations(wanted: Wanted, tables: Tables, subnets: SubnetIds) -> Iterator[Finding]:
    """Each subnet of nodes and of the edge is there and uses its planned route table."""
    planned = {f"nodes-{zone[-1]}": table.name for table in wanted.plan.route_tables for zone in table.zones}
    planned |= {f"edge-{zone.letter}": _EDGE for zone in wanted.plan.edges}
    used = {subnet: table for table in tables.items for subnet in table.subnets}
    for name, table in planned.items():
        subnet = subnets.by_name.get(name)
        if subnet is None:
            yield fails(f"subnet {name}: not there", repairs.UP)
            continue
        has = used.get(subnet)
        if has is None or has.name != table:
            said = f"{has.name} ({has.id})".strip() if has else "the VPC's main one"
            yield fails(f"subnet {name} ({subnet}): route table {said}, wanted {table}", repairs.UP)


def _ours(wanted: Wanted) -> Mapping[str, str]:
    """Destinations that the program makes, with whose they are."""
    return {_ANYWHERE: "the way out", **{cidr: name for name, cidr in wanted.pod_cidrs.items()}}


def _named(tables: Tables) -> list[Table]:
    return [table for table in tables.items if table.name]


def _planned(wanted: Wanted, tables: Tables) -> list[Table]:
    names = {table.name for table in wanted.plan.route_tables}
    return [table for table in tables.items if table.name in names]


def _overlaps(route: SeenRoute, cidr: IPv4Network) -> bool:
    if route.ipv6 or "/" not in route.destination:
        return False
    return IPv4Network(route.destination).overlaps(cidr)


def _in_state(wanted: Wanted, table: Table, route: SeenRoute) -> bool:
    """Whether the program made it, and so removes it once nothing plans it."""
    return route_id(table.id, route.destination) in wanted.ids.get(ROUTE, {}).values()


def _remove(wanted: Wanted, table: Table, route: SeenRoute) -> str:
    return repairs.REMOVED if _in_state(wanted, table, route) else _delete(table, route)


def _delete(table: Table, route: SeenRoute) -> str:
    kind = "ipv6-cidr-block" if route.ipv6 else "cidr-block" if "/" in route.destination else "prefix-list-id"
    return f"`aws ec2 delete-route --route-table-id {table.id} --destination-{kind} {route.destination}`"
