"""Subnets, route tables and ways out, for every shape."""

from __future__ import annotations

from typing import Any

from tests.infra.program import build, id_of
from tests.infra.shapes import each_shape

_LETTERS = "abc"


@each_shape
def test_each_zone_has_a_subnet_for_nodes_and_one_for_the_edge(shape: dict[str, Any]) -> None:
    subnets = build(**shape).of("Subnet")
    assert set(subnets) == {f"{kind}-{letter}" for kind in ("nodes", "edge") for letter in _LETTERS}
    for name, subnet in subnets.items():
        assert subnet.inputs["availabilityZone"] == f"us-east-1{name[-1]}"
        public = shape["topology"] == "public" and name.startswith("nodes-")
        assert subnet.inputs.get("mapPublicIpOnLaunch", False) is public
    assert len({subnet.inputs["cidrBlock"] for subnet in subnets.values()}) == len(subnets)


@each_shape
def test_each_subnet_uses_its_own_table_and_no_table_holds_routes_inline(shape: dict[str, Any]) -> None:
    program = build(**shape)
    used = {
        name: each.inputs["routeTableId"].removeprefix("RouteTable/")
        for name, each in program.of("RouteTableAssociation").items()
    }
    per_zone = shape.get("natGateways") == "per-zone"
    expected = {f"edge-{letter}": "edge" for letter in _LETTERS}
    expected |= {f"nodes-{letter}": f"nodes-{letter}" if per_zone else "nodes" for letter in _LETTERS}
    assert used == expected
    for name, each in program.of("RouteTableAssociation").items():
        assert each.inputs["subnetId"] == id_of("Subnet", name)
    for table in program.of("RouteTable").values():
        assert set(table.inputs) == {"vpcId", "tags"}


@each_shape
def test_every_table_has_exactly_one_way_out(shape: dict[str, Any]) -> None:
    program = build(**shape)
    ways = {
        name.removesuffix("-default"): route.inputs
        for name, route in program.of("Route").items()
        if route.inputs["destinationCidrBlock"] == "0.0.0.0/0"
    }
    gateways = program.of("NatGateway")
    assert set(ways) == set(program.of("RouteTable"))
    assert ways.pop("edge")["gatewayId"] == id_of("InternetGateway", "internet-gateway")
    if shape["topology"] == "public":
        assert gateways == program.of("Eip") == {}
        assert ways["nodes"]["gatewayId"] == id_of("InternetGateway", "internet-gateway")
    elif shape["natGateways"] == "single":
        assert set(gateways) == {"nat-a"}
        assert ways["nodes"]["natGatewayId"] == id_of("NatGateway", "nat-a")
    else:
        assert {name: way["natGatewayId"] for name, way in ways.items()} == {
            f"nodes-{letter}": id_of("NatGateway", f"nat-{letter}") for letter in _LETTERS
        }
    for name, gateway in gateways.items():
        assert gateway.inputs["allocationId"] == id_of("Eip", name)
        assert gateway.inputs["subnetId"] == id_of("Subnet", f"edge-{name[-1]}"), "a NAT gateway needs a way out"


@each_shape
def test_what_the_internet_gateway_serves_waits_for_it(shape: dict[str, Any]) -> None:
    """EC2 refuses to map addresses before the gateway is attached, and to detach it while they are mapped."""
    program = build(**shape)
    gateway = program.of("InternetGateway")["internet-gateway"].urn
    edge_route = program.of("Route")["edge-default"].urn
    for each in (*program.of("Eip").values(), *program.of("NatGateway").values()):
        assert gateway in each.depends_on
    for balancer in program.of("LoadBalancer").values():
        assert edge_route in balancer.depends_on


@each_shape
def test_a_subnet_of_nodes_comes_to_a_table_once_that_leads_out(shape: dict[str, Any]) -> None:
    """Where natGateways changes, nodes run there: without their default route they would be cut off meanwhile."""
    program = build(**shape)
    routes = program.of("Route")
    for name, each in program.of("RouteTableAssociation").items():
        if name.startswith("nodes-"):
            table = each.inputs["routeTableId"].removeprefix("RouteTable/")
            assert routes[f"{table}-default"].urn in each.depends_on


@each_shape
def test_instances_wait_for_their_way_to_the_internet(shape: dict[str, Any]) -> None:
    program = build(**shape)
    ways = {
        each.urn
        for each in (*program.of("Route").values(), *program.of("RouteTableAssociation").values())
        if each.name.startswith("nodes")
    }
    assert ways
    for instance in program.of("Instance").values():
        assert ways <= instance.depends_on, instance.name
