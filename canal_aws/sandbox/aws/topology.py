"""Who hangs on whom in moto's EC2 state: the questions that several hardenings ask."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import cache
from typing import Any

from canal_aws.prefix_lists import weight

from .errors import AwsError
from .pipeline import Call


def subnets(ec2: Any) -> Iterator[Any]:
    """Every subnet of a Region."""
    return (subnet for zone in ec2.subnets.values() for subnet in zone.values())


def security_groups(ec2: Any) -> Iterator[Any]:
    """Every security group of a Region."""
    return (group for by_vpc in ec2.groups.values() for group in by_vpc.values())


def nat_gateways(ec2: Any) -> Iterator[Any]:
    """The NAT gateways that still take up their place: neither deleted nor failed."""
    return (gateway for gateway in ec2.nat_gateways.values() if gateway.state not in ("deleted", "failed"))


def load_balancers(call: Call) -> Iterator[Any]:
    """Every load balancer of the call's Region."""
    return iter(call.world.backend("elbv2", call.region).load_balancers.values())


def internet_gateway(ec2: Any, vpc_id: str) -> Any | None:
    """The internet gateway that is attached to a VPC, None where there is none."""
    return next((igw for igw in ec2.internet_gateways.values() if igw.vpc and igw.vpc.id == vpc_id), None)


def prefix_list_weight(ec2: Any, key: str) -> int:
    """How many routes or rules one that refers to this prefix list counts as."""
    found = ec2.managed_prefix_lists.get(key)
    if found is None:
        raise AwsError("InvalidPrefixListID.NotFound", f"The prefix list ID '{key}' does not exist")
    return weight(found.prefix_list_name or "", None if found.max_entries is None else int(found.max_entries))


def vpc_networks(ec2: Any, vpc_id: str) -> list[ipaddress.IPv4Network]:
    """The IPv4 CIDR blocks of a VPC."""
    blocks = ec2.get_vpc(vpc_id).get_cidr_block_association_set(ipv6=False)
    return [ipaddress.IPv4Network(block["cidr_block"], strict=False) for block in blocks]


def addresses_in_use(ec2: Any, subnet_id: str) -> set[str]:
    """The private addresses that network interfaces hold in a subnet."""
    return {
        address["PrivateIpAddress"]
        for interface in ec2.enis.values()
        if interface.subnet.id == subnet_id
        for address in interface.private_ip_addresses
    }


def instance_type_info(name: str) -> dict[str, Any] | None:
    """AWS's description of an instance type (as DescribeInstanceTypes gives it), None for an unknown one."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    found: dict[str, Any] | None = INSTANCE_TYPES.get(name)
    return found


@cache
def offerings(region: str, location_type: str) -> dict[str, list[str]]:
    """Where a Region offers each instance type: its zones, zone ids or itself, as `location_type` asks."""
    from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS

    found: dict[str, list[str]] = {}
    for offer in INSTANCE_TYPE_OFFERINGS.get(location_type, {}).get(region, []):
        found.setdefault(offer["InstanceType"], []).append(offer["Location"])
    return found


def offered_zones(region: str, instance_type: str) -> set[str]:
    """The Availability Zones of a Region in which an instance type is offered."""
    return set(offerings(region, "availability-zone").get(instance_type, ()))
