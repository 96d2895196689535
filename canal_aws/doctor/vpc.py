"""The stack's VPC as AWS has it: security groups with their rules, subnets, and route tables with their routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.add_on_permissions import CLUSTER_TAG
from canal_aws.doctor.wanted import Wanted
from canal_aws.firewall_rules import Key, ports_of
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.target import tags_of
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG

# The most that a page takes (EC2 API Reference).
_PAGE, _TABLES_PAGE = 1000, 100
#: Where a route may lead, by EC2's keys; a network interface before the instance that it belongs to.
_TARGETS = (
    "NetworkInterfaceId",
    "NatGatewayId",
    "GatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "InstanceId",
)
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


@dataclass(frozen=True)
class SecurityGroups:
    """ec2:DescribeSecurityGroups of the VPC: by logical name the stack's ids, and the ids of a cloud controller's own."""

    ids: Mapping[str, str]
    controllers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class SeenRule:
    """One rule of the stack's groups."""

    key: Key
    id: str
    group_id: str
    description: str = ""


@dataclass(frozen=True)
class SeenRules:
    """ec2:DescribeSecurityGroupRules of the stack's groups."""

    items: tuple[SeenRule, ...]


@dataclass(frozen=True)
class SeenRoute:
    """One route: `destination` is a CIDR or a prefix list, `target` an id or "local"."""

    destination: str
    target: str
    blackhole: bool = False
    ipv6: bool = False


@dataclass(frozen=True)
class Table:
    """A route table of the stack, by its logical name, with the ids of the subnets that use it."""

    name: str
    id: str
    routes: tuple[SeenRoute, ...]
    subnets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tables:
    """ec2:DescribeRouteTables of the VPC: all of them, those of others without a name."""

    items: tuple[Table, ...]


@dataclass(frozen=True)
class SubnetIds:
    """ec2:DescribeSubnets of the VPC: by logical name the ids of the stack's."""

    by_name: Mapping[str, str]


def security_groups(asking: Asking, wanted: Wanted) -> SecurityGroups:
    """Those of the VPC, since the cloud controller manager's are referred to as well."""
    found = asking.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=_of(wanted), MaxResults=_PAGE)
    cluster = CLUSTER_TAG.format(wanted.stack.rpartition("/")[2])
    named = {name: str(each["GroupId"]) for each in found if (name := _name(each, wanted))}
    theirs = {str(each["GroupId"]) for each in found if cluster in tags_of(each)}
    return SecurityGroups(named, frozenset(theirs - set(named.values())))


def rules(asking: Asking, groups: SecurityGroups) -> SeenRules:
    """Every rule, with its id, in the groups of the stack."""
    if not groups.ids:
        return SeenRules(())
    filters = [{"Name": "group-id", "Values": sorted(groups.ids.values())}]
    found = asking.pages(
        "ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=filters, MaxResults=_PAGE
    )
    names = {group_id: name for name, group_id in groups.ids.items()}
    return SeenRules(tuple(_rule(each, names) for each in found))


def _rule(described: Mapping[str, Any], names: Mapping[str, str]) -> SeenRule:
    referenced = str((described.get("ReferencedGroupInfo") or {}).get("GroupId", ""))
    ranges = (described.get(key) for key in ("CidrIpv4", "CidrIpv6", "PrefixListId"))
    peer = next((str(each) for each in ranges if each), "") or names.get(referenced, referenced)
    group_id = str(described["GroupId"])
    name, protocol = names.get(group_id, group_id), str(described["IpProtocol"])
    key = (name, bool(described["IsEgress"]), protocol, *ports_of(described), peer)
    return SeenRule(key, str(described["SecurityGroupRuleId"]), group_id, str(described.get("Description") or ""))


def tables(asking: Asking, wanted: Wanted) -> Tables:
    """Every table of the VPC: a subnet of ours may be put under somebody else's."""
    found = asking.pages("ec2", "describe_route_tables", "RouteTables", Filters=_of(wanted), MaxResults=_TABLES_PAGE)
    return Tables(tuple(_table(each, wanted) for each in found))


def _table(described: Mapping[str, Any], wanted: Wanted) -> Table:
    routes = tuple(
        SeenRoute(
            destination=next((str(each[key]) for key in _DESTINATIONS if each.get(key)), ""),
            target=next((str(each[key]) for key in _TARGETS if each.get(key)), ""),
            blackhole=each.get("State") == "blackhole",
            ipv6=bool(each.get("DestinationIpv6CidrBlock")),
        )
        for each in described.get("Routes") or ()
    )
    subnets = tuple(str(each["SubnetId"]) for each in described.get("Associations") or () if each.get("SubnetId"))
    return Table(_name(described, wanted), str(described["RouteTableId"]), routes, subnets)


def subnet_ids(asking: Asking, wanted: Wanted) -> SubnetIds:
    """The stack's subnets."""
    found = asking.pages("ec2", "describe_subnets", "Subnets", Filters=_of(wanted), MaxResults=_PAGE)
    return SubnetIds({name: str(each["SubnetId"]) for each in found if (name := _name(each, wanted))})


def _of(wanted: Wanted) -> list[dict[str, Any]]:
    return [{"Name": "vpc-id", "Values": [wanted.vpc]}]


def _name(described: Mapping[str, Any], wanted: Wanted) -> str:
    """The logical name of what is this stack's; "" for what is not."""
    tags = tags_of(described)
    return tags.get(NAME_TAG, "") if tags.get(STACK_TAG) == wanted.stack else ""


SOURCES = (security_groups, rules, tables, subnet_ids)
