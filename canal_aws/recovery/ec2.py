"""Finding EC2's resources: the taggable ones by their tags, the others by what they connect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG, Pending, route_id

#: How the ids of this program's taggable types begin. A rule's id does not say whether it is of ingress or egress.
ID_PREFIXES: dict[str, tuple[str, ...]] = {
    "vpc-": ("aws:ec2/vpc:Vpc",),
    "subnet-": ("aws:ec2/subnet:Subnet",),
    "igw-": ("aws:ec2/internetGateway:InternetGateway",),
    "eipalloc-": ("aws:ec2/eip:Eip",),
    "nat-": ("aws:ec2/natGateway:NatGateway",),
    "rtb-": ("aws:ec2/routeTable:RouteTable",),
    "sg-": ("aws:ec2/securityGroup:SecurityGroup",),
    "sgr-": (
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ),
    "lt-": ("aws:ec2/launchTemplate:LaunchTemplate",),
    "i-": ("aws:ec2/instance:Instance",),
}

_LIVE_INSTANCE = ("pending", "running", "stopping", "stopped")
_LIVE_GATEWAY = ("pending", "available")


@dataclass(frozen=True)
class Tagged:
    """How a type is described by tags: the operation, the list in its answer, the id in each item, and which live."""

    operation: str
    listed: str
    key: str
    filters: str = "Filters"
    lives: Callable[[Mapping[str, Any]], bool] = lambda item: True

    def ids(self, ec2: Any, tags: Mapping[str, str]) -> list[str]:
        """The ids of what lives and carries all of `tags`."""
        wanted = [{"Name": f"tag:{key}", "Values": [value]} for key, value in tags.items()]
        return [str(item[self.key]) for item in _items(ec2, self, wanted) if self.lives(item)]


def _items(ec2: Any, tagged: Tagged, wanted: list[dict[str, Any]]) -> Iterable[Mapping[str, Any]]:
    request = {tagged.filters: wanted}
    if ec2.can_paginate(tagged.operation):
        pages = ec2.get_paginator(tagged.operation).paginate(**request)
    else:
        pages = [getattr(ec2, tagged.operation)(**request)]
    for page in pages:
        if tagged.listed == "Reservations":
            for reservation in page["Reservations"]:
                yield from reservation["Instances"]
        else:
            yield from page[tagged.listed]


_RULES = ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId", "Filters")

TAGGED: dict[str, Tagged] = {
    "aws:ec2/vpc:Vpc": Tagged("describe_vpcs", "Vpcs", "VpcId"),
    "aws:ec2/subnet:Subnet": Tagged("describe_subnets", "Subnets", "SubnetId"),
    "aws:ec2/internetGateway:InternetGateway": Tagged(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/eip:Eip": Tagged("describe_addresses", "Addresses", "AllocationId"),
    "aws:ec2/natGateway:NatGateway": Tagged(
        "describe_nat_gateways", "NatGateways", "NatGatewayId", "Filter", lambda item: item["State"] in _LIVE_GATEWAY
    ),
    "aws:ec2/routeTable:RouteTable": Tagged("describe_route_tables", "RouteTables", "RouteTableId"),
    "aws:ec2/securityGroup:SecurityGroup": Tagged("describe_security_groups", "SecurityGroups", "GroupId"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Tagged(*_RULES, lambda item: not item["IsEgress"]),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Tagged(*_RULES, lambda item: bool(item["IsEgress"])),
    "aws:ec2/launchTemplate:LaunchTemplate": Tagged("describe_launch_templates", "LaunchTemplates", "LaunchTemplateId"),
    "aws:ec2/instance:Instance": Tagged(
        "describe_instances", "Reservations", "InstanceId", lives=lambda item: item["State"]["Name"] in _LIVE_INSTANCE
    ),
}


def by_tags(aws: Aws, pending: Pending) -> list[str]:
    """Whatever carries this stack's tag and the logical name."""
    own = {key: pending.tags[key] for key in (STACK_TAG, NAME_TAG)}
    return TAGGED[pending.type].ids(aws.ec2, own)


def route(aws: Aws, pending: Pending) -> list[str]:
    """The route of that table to that destination, by the id that the provider makes."""
    table, destination = pending.inputs["routeTableId"], pending.inputs["destinationCidrBlock"]
    found = [
        route
        for each in _route_tables(aws, table)
        for route in each["Routes"]
        if route.get("DestinationCidrBlock") == destination and route.get("Origin") == "CreateRoute"
    ]
    return [route_id(table, destination)] if found else []


def association(aws: Aws, pending: Pending) -> list[str]:
    """The association of that subnet with that table."""
    return [
        str(association["RouteTableAssociationId"])
        for table in _route_tables(aws, pending.inputs["routeTableId"])
        for association in table["Associations"]
        if association.get("SubnetId") == pending.inputs["subnetId"]
    ]


def _route_tables(aws: Aws, table: str) -> list[Mapping[str, Any]]:
    wanted = [{"Name": "route-table-id", "Values": [table]}]
    return list(aws.ec2.describe_route_tables(Filters=wanted)["RouteTables"])


def drop_default_egress(aws: Aws, group_id: str) -> None:
    """EC2 gives a new group a rule that lets everything out, which the provider removes before it is done
    (terraform-provider-aws, internal/service/ec2/vpc_security_group.go). Rules of this program carry its tag."""
    wanted = [{"Name": "group-id", "Values": [group_id]}]
    rules = aws.ec2.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
    foreign = [
        rule["SecurityGroupRuleId"]
        for rule in rules
        if rule["IsEgress"] and STACK_TAG not in {tag["Key"] for tag in rule.get("Tags") or ()}
    ]
    if foreign:
        aws.ec2.revoke_security_group_egress(GroupId=group_id, SecurityGroupRuleIds=foreign)
