"""RouteTable, Route, RouteTableAssociation: the tables and what is done with them."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.batch import ROUTE_TABLES
from canal_aws.sandbox.providers.aws.errors import ProviderError, code_of
from canal_aws.sandbox.providers.aws.network import MINUTE, update_tags_only
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

TABLE_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_route_table.go"
ROUTE_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_route.go"
ASSOCIATION_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_route_table_association.go"

TABLE_GONE = ("InvalidRouteTableID.NotFound",)
ROUTE_GONE = ("InvalidRoute.NotFound", *TABLE_GONE)
ASSOCIATION_GONE = ("InvalidAssociationID.NotFound",)

TARGETS = {
    "gatewayId": "GatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
}
"""The targets that are modelled: the property and the name in AWS's requests and answers."""


def create_route_table(operation: Operation, inputs: Inputs) -> State:
    made = operation.aws.ec2.create_route_table(
        VpcId=inputs["vpcId"], **tags.specification("route-table", inputs.get("tags"))
    )["RouteTable"]
    state = _route_table(operation, made)
    operation.created(made["RouteTableId"], state)
    return state


def _route_table(operation: Operation, found: Mapping[str, Any]) -> State:
    return {
        "arn": operation.aws.arn("ec2", f"route-table/{found['RouteTableId']}"),
        "ownerId": found.get("OwnerId", operation.aws.account),
        "tags": tags.mapping(found.get("Tags")),
        "vpcId": found["VpcId"],
    }


def read_route_table(operation: Operation, resource_id: str, prior: State) -> State | None:
    found = ROUTE_TABLES.get(operation.aws, resource_id)
    return None if found is None else _route_table(operation, found)


def delete_route_table(operation: Operation, resource_id: str, state: State) -> None:
    """As the official provider, associations that are left go first."""
    ec2 = operation.aws.ec2
    try:
        operation.ignore(lambda: ec2.delete_route_table(RouteTableId=resource_id), TABLE_GONE)
    except Exception as error:
        if code_of(error) != "DependencyViolation":
            raise
        found = ROUTE_TABLES.get(operation.aws, resource_id) or {}
        for association in found.get("Associations", ()):
            ec2.disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
        operation.ignore(lambda: ec2.delete_route_table(RouteTableId=resource_id), TABLE_GONE)


def route_id(table: str, destination: str) -> str:
    """The official id of a route: `r-<table><CRC-32 of the destination>`."""
    return f"r-{table}{zlib.crc32(destination.encode())}"


def _target(inputs: Inputs) -> dict[str, Any]:
    return {name: inputs[key] for key, name in TARGETS.items() if inputs.get(key)}


def create_route(operation: Operation, inputs: Inputs) -> State:
    table, destination = inputs["routeTableId"], inputs["destinationCidrBlock"]
    operation.aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=destination, **_target(inputs))
    state = dict(inputs) | {"origin": "CreateRoute", "state": "active"}
    operation.created(route_id(table, destination), state)
    return state


def read_route(operation: Operation, resource_id: str, prior: State) -> State | None:
    """By what the state says, or for an import by the id `<route table>_<destination>`."""
    table, destination = prior.get("routeTableId", ""), prior.get("destinationCidrBlock", "")
    if not table:
        table, _, destination = resource_id.partition("_")
        if not table.startswith("rtb-") or not destination:
            raise ProviderError(f"the id {resource_id!r} is not of the form <route table>_<destination CIDR>")
    found = ROUTE_TABLES.get(operation.aws, table) or {}
    for route in found.get("Routes", ()):
        if route.get("DestinationCidrBlock") == destination:
            operation.created(route_id(table, destination))
            targets = {key: route[name] for key, name in TARGETS.items() if route.get(name)}
            return {
                "routeTableId": table,
                "destinationCidrBlock": destination,
                "origin": route.get("Origin"),
                "state": route.get("State"),
                **targets,
            }
    return None


def update_route(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    table, destination = new["routeTableId"], new["destinationCidrBlock"]
    operation.aws.ec2.replace_route(RouteTableId=table, DestinationCidrBlock=destination, **_target(new))
    return dict(new) | {"origin": old.get("origin", "CreateRoute"), "state": "active"}


def delete_route(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(
        lambda: operation.aws.ec2.delete_route(
            RouteTableId=state["routeTableId"], DestinationCidrBlock=state["destinationCidrBlock"]
        ),
        ROUTE_GONE,
    )


def called_route(inputs: Inputs) -> str:
    return f"{inputs['routeTableId']}_{inputs['destinationCidrBlock']}"


def create_association(operation: Operation, inputs: Inputs) -> State:
    made = operation.retry(
        lambda: operation.aws.ec2.associate_route_table(
            RouteTableId=inputs["routeTableId"], SubnetId=inputs["subnetId"]
        ),
        TABLE_GONE,
        5 * MINUTE,
    )
    operation.created(made["AssociationId"], dict(inputs))
    return dict(inputs)


def read_association(operation: Operation, resource_id: str, prior: State) -> State | None:
    """By the association's id, or for an import by the id `<subnet>/<route table>`."""
    ec2 = operation.aws.ec2
    subnet, separator, table = resource_id.partition("/")
    if separator:
        tables = [ROUTE_TABLES.get(operation.aws, table) or {}]
    elif prior.get("routeTableId"):
        tables = [ROUTE_TABLES.get(operation.aws, prior["routeTableId"]) or {}]
    else:
        by_id = [{"Name": "association.route-table-association-id", "Values": [resource_id]}]
        tables = ec2.describe_route_tables(Filters=by_id)["RouteTables"]
    for found in tables:
        for association in found.get("Associations", ()):
            if resource_id == association["RouteTableAssociationId"] or (
                separator and association.get("SubnetId") == subnet
            ):
                operation.created(association["RouteTableAssociationId"])
                return {"subnetId": association.get("SubnetId"), "routeTableId": found["RouteTableId"]}
    return None


def delete_association(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(lambda: operation.aws.ec2.disassociate_route_table(AssociationId=resource_id), ASSOCIATION_GONE)


INLINE_ROUTES = "inline routes are refused: make one aws.ec2.Route each, or two owners fight over the table"

TYPES = (
    ResourceType(
        token="aws:ec2/routeTable:RouteTable",
        label="EC2 Route Table",
        source=TABLE_SOURCE,
        refuses={"routes": INLINE_ROUTES},
        properties={
            "vpcId": Property("required", source=TABLE_SOURCE),
            # `routes` is no output here: with separate Route resources it says nothing that they do not.
            "arn": Property("computed", source=TABLE_SOURCE),
            "ownerId": Property("computed", source=TABLE_SOURCE),
            **tag_properties(TABLE_SOURCE),
            **region(),
        },
        create=create_route_table,
        read=read_route_table,
        update=update_tags_only,
        delete=delete_route_table,
    ),
    ResourceType(
        token="aws:ec2/route:Route",
        label="EC2 Route",
        called=called_route,
        source=ROUTE_SOURCE,
        one_of=(tuple(TARGETS),),
        properties={
            "routeTableId": Property("required", source=ROUTE_SOURCE),
            "destinationCidrBlock": Property(
                "required",
                source=f"{ROUTE_SOURCE}; one of three destinations there, of which the others are not modelled",
            ),
            "gatewayId": Property("optional", on_change="update", source=ROUTE_SOURCE),
            "natGatewayId": Property("optional", on_change="update", source=ROUTE_SOURCE),
            "networkInterfaceId": Property("optional-computed", on_change="update", source=ROUTE_SOURCE),
            # instanceId and instanceOwnerId are left out: they would take a describe call for each route.
            "origin": Property("computed", source=ROUTE_SOURCE),
            "state": Property("computed", source=ROUTE_SOURCE),
            **region(),
        },
        create=create_route,
        read=read_route,
        update=update_route,
        delete=delete_route,
    ),
    ResourceType(
        token="aws:ec2/routeTableAssociation:RouteTableAssociation",
        label="EC2 Route Table Association",
        source=ASSOCIATION_SOURCE,
        deletes_first=True,
        properties={
            "subnetId": Property("required", source=f"{ASSOCIATION_SOURCE}; a gateway instead is not modelled here"),
            "routeTableId": Property(
                "required",
                on_change="replace",
                source=f"{ASSOCIATION_SOURCE} updates in place, which gives the association another id; unsure how "
                "the bridge records that, so replaced here, the old one deleted first",
            ),
            **region(),
        },
        create=create_association,
        read=read_association,
        delete=delete_association,
    ),
)
