"""Vpc and Subnet: the tables and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

VPC_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_.go"
SUBNET_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_subnet.go"

MINUTE = 60.0

VPC_GONE = ("InvalidVpcID.NotFound",)
SUBNET_GONE = ("InvalidSubnetID.NotFound",)


def create_vpc(operation: Operation, inputs: Inputs) -> State:
    """CreateVpc with its tags, then the DNS attributes that differ from AWS's defaults."""
    ec2 = operation.aws.ec2
    made = ec2.create_vpc(CidrBlock=inputs["cidrBlock"], **tags.specification("vpc", inputs.get("tags")))["Vpc"]
    # AWS's own defaults of a new VPC: DNS resolution on, host names off.
    state = _vpc(operation, made) | {"enableDnsSupport": True, "enableDnsHostnames": False}
    operation.created(made["VpcId"], state)
    if made.get("State") != "available":
        operation.wait("becoming available", lambda: _available(ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]), 600)
    for name, attribute in DNS_ATTRIBUTES.items():
        if name in inputs and inputs[name] != state[name]:
            ec2.modify_vpc_attribute(VpcId=made["VpcId"], **{attribute: {"Value": inputs[name]}})
            state[name] = inputs[name]
            operation.created(made["VpcId"], state)
    return state | _vpc_defaults(operation, made["VpcId"])


DNS_ATTRIBUTES = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}


def _vpc(operation: Operation, found: Mapping[str, Any]) -> State:
    return {
        "arn": operation.aws.arn("ec2", f"vpc/{found['VpcId']}"),
        "cidrBlock": found["CidrBlock"],
        "dhcpOptionsId": found.get("DhcpOptionsId"),
        "instanceTenancy": found.get("InstanceTenancy"),
        "ownerId": found.get("OwnerId", operation.aws.account),
        "tags": tags.mapping(found.get("Tags")),
    }


def _vpc_defaults(operation: Operation, vpc_id: str) -> State:
    """The network ACL, security group and route table that AWS makes with each VPC."""
    ec2 = operation.aws.ec2
    in_vpc = {"Name": "vpc-id", "Values": [vpc_id]}
    default = {"Name": "default", "Values": ["true"]}
    named = {"Name": "group-name", "Values": ["default"]}
    main = {"Name": "association.main", "Values": ["true"]}
    acls = ec2.describe_network_acls(Filters=[in_vpc, default])["NetworkAcls"]
    groups = ec2.describe_security_groups(Filters=[in_vpc, named])["SecurityGroups"]
    tables = ec2.describe_route_tables(Filters=[in_vpc, main])["RouteTables"]
    main_table = tables[0]["RouteTableId"] if tables else None
    return {
        "defaultNetworkAclId": acls[0]["NetworkAclId"] if acls else None,
        "defaultSecurityGroupId": groups[0]["GroupId"] if groups else None,
        "mainRouteTableId": main_table,
        "defaultRouteTableId": main_table,
    }


def read_vpc(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(lambda: ec2.describe_vpcs(VpcIds=[resource_id]), "Vpcs", VPC_GONE)
    if found is None:
        return None
    state = _vpc(operation, found)
    for name, attribute in DNS_ATTRIBUTES.items():
        answer = ec2.describe_vpc_attribute(VpcId=resource_id, Attribute=name)
        state[name] = answer[attribute]["Value"]
    defaults = _vpc_defaults(operation, resource_id)
    # The table a VPC was born with stays its default when another one becomes the main table.
    defaults["defaultRouteTableId"] = prior.get("defaultRouteTableId", defaults["defaultRouteTableId"])
    return state | defaults


def update_vpc(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    state = dict(old)
    for name in changed & DNS_ATTRIBUTES.keys():
        operation.aws.ec2.modify_vpc_attribute(VpcId=resource_id, **{DNS_ATTRIBUTES[name]: {"Value": new[name]}})
        state[name] = new[name]
    return state | updated_tags(operation, resource_id, old, new, changed)


def updated_tags(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    """The tags after an update of an EC2 resource."""
    if "tags" in changed:
        tags.update_ec2(operation, [resource_id], old.get("tags"), new.get("tags"))
    return {"tags": dict(new.get("tags") or {})}


def update_tags_only(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    """The update of types of which only the tags can change."""
    return old | updated_tags(operation, resource_id, old, new, changed)


def delete_vpc(operation: Operation, resource_id: str, state: State) -> None:
    def call() -> None:
        operation.ignore(lambda: operation.aws.ec2.delete_vpc(VpcId=resource_id), VPC_GONE)

    operation.retry(call, ("DependencyViolation",), 5 * MINUTE)


def _available(found: list[dict[str, Any]]) -> dict[str, Any] | None:
    return found[0] if found and found[0].get("State") == "available" else None


def create_subnet(operation: Operation, inputs: Inputs) -> State:
    ec2 = operation.aws.ec2
    request: dict[str, Any] = {"VpcId": inputs["vpcId"], "CidrBlock": inputs["cidrBlock"]}
    if "availabilityZone" in inputs:
        request["AvailabilityZone"] = inputs["availabilityZone"]
    made = ec2.create_subnet(**request, **tags.specification("subnet", inputs.get("tags")))["Subnet"]
    state = _subnet(operation, made)
    operation.created(made["SubnetId"], state)
    if made.get("State") != "available":
        operation.wait(
            "becoming available", lambda: _available(ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"]), 600
        )
    if inputs.get("mapPublicIpOnLaunch"):
        ec2.modify_subnet_attribute(SubnetId=made["SubnetId"], MapPublicIpOnLaunch={"Value": True})
        state["mapPublicIpOnLaunch"] = True
    return state


def _subnet(operation: Operation, found: Mapping[str, Any]) -> State:
    return {
        "arn": operation.aws.arn("ec2", f"subnet/{found['SubnetId']}"),
        "availabilityZone": found["AvailabilityZone"],
        "availabilityZoneId": found.get("AvailabilityZoneId"),
        "cidrBlock": found["CidrBlock"],
        "mapPublicIpOnLaunch": bool(found.get("MapPublicIpOnLaunch")),
        "ownerId": found.get("OwnerId", operation.aws.account),
        "vpcId": found["VpcId"],
        "tags": tags.mapping(found.get("Tags")),
    }


def read_subnet(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(lambda: ec2.describe_subnets(SubnetIds=[resource_id]), "Subnets", SUBNET_GONE)
    return None if found is None else _subnet(operation, found)


def update_subnet(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    state = dict(old)
    if "mapPublicIpOnLaunch" in changed:
        wanted = bool(new.get("mapPublicIpOnLaunch"))
        operation.aws.ec2.modify_subnet_attribute(SubnetId=resource_id, MapPublicIpOnLaunch={"Value": wanted})
        state["mapPublicIpOnLaunch"] = wanted
    return state | updated_tags(operation, resource_id, old, new, changed)


def delete_subnet(operation: Operation, resource_id: str, state: State) -> None:
    def call() -> None:
        operation.ignore(lambda: operation.aws.ec2.delete_subnet(SubnetId=resource_id), SUBNET_GONE)

    operation.retry(call, ("DependencyViolation",), 20 * MINUTE)


TYPES = (
    ResourceType(
        token="aws:ec2/vpc:Vpc",
        label="EC2 VPC",
        source=VPC_SOURCE,
        properties={
            "cidrBlock": Property(
                "required", source=f"{VPC_SOURCE}; optional there, since IPAM pools can give one: not modelled here"
            ),
            "enableDnsSupport": Property("optional", "bool", "update", default=True, source=VPC_SOURCE),
            "enableDnsHostnames": Property("optional-computed", "bool", "update", source=VPC_SOURCE),
            "arn": Property("computed", source=VPC_SOURCE),
            "defaultNetworkAclId": Property("computed", source=VPC_SOURCE),
            "defaultRouteTableId": Property("computed", source=VPC_SOURCE),
            "defaultSecurityGroupId": Property("computed", source=VPC_SOURCE),
            "dhcpOptionsId": Property("computed", source=VPC_SOURCE),
            "instanceTenancy": Property("computed", source=f"{VPC_SOURCE}; an input there, not modelled here"),
            "mainRouteTableId": Property("computed", source=VPC_SOURCE),
            "ownerId": Property("computed", source=VPC_SOURCE),
            **tag_properties(VPC_SOURCE),
            **region(),
        },
        create=create_vpc,
        read=read_vpc,
        update=update_vpc,
        delete=delete_vpc,
    ),
    ResourceType(
        token="aws:ec2/subnet:Subnet",
        label="EC2 Subnet",
        source=SUBNET_SOURCE,
        properties={
            "vpcId": Property("required", source=SUBNET_SOURCE),
            "cidrBlock": Property(
                "required", source=f"{SUBNET_SOURCE}; optional there, for IPv6-only subnets: not modelled here"
            ),
            "availabilityZone": Property("optional-computed", source=SUBNET_SOURCE),
            "mapPublicIpOnLaunch": Property("optional", "bool", "update", source=SUBNET_SOURCE),
            "arn": Property("computed", source=SUBNET_SOURCE),
            "availabilityZoneId": Property("computed", source=f"{SUBNET_SOURCE}; an input there, not modelled here"),
            "ownerId": Property("computed", source=SUBNET_SOURCE),
            **tag_properties(SUBNET_SOURCE),
            **region(),
        },
        create=create_subnet,
        read=read_subnet,
        update=update_subnet,
        delete=delete_subnet,
    ),
)
