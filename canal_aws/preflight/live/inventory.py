"""What the account holds in the Region, as far as a quota counts it or a route or range of ours could meet it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.preflight.choice import Choice
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.target import Target
from canal_aws.quotas import BY_CODE, Quota
from canal_aws.vcpu_quotas import VCPU_QUOTAS, vcpu_code

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Vpcs:
    """ec2:DescribeVpcs."""

    items: tuple[Item, ...]

    def own(self, target: Target) -> set[str]:
        """The ids of the stack's: one, or none yet."""
        return {str(vpc["VpcId"]) for vpc in self.items if target.owns(vpc)}


@dataclass(frozen=True)
class RouteTables:
    """ec2:DescribeRouteTables, as far as they can be the stack's; routes and associations of the stack's own tables alone."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class InternetGateways:
    """ec2:DescribeInternetGateways."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class NatGateways:
    """ec2:DescribeNatGateways: those that count, pending, available or deleting."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Subnets:
    """ec2:DescribeSubnets."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Peerings:
    """ec2:DescribeVpcPeeringConnections: those that are active, with the ranges of both sides."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Addresses:
    """ec2:DescribeAddresses: Elastic IP addresses."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class SecurityGroups:
    """ec2:DescribeSecurityGroups."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Interfaces:
    """ec2:DescribeNetworkInterfaces."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class Instances:
    """ec2:DescribeInstances: pending and running ones, which the vCPU quotas count."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class LoadBalancers:
    """elasticloadbalancing:DescribeLoadBalancers: network load balancers."""

    items: tuple[Item, ...]


@dataclass(frozen=True)
class InstanceProfiles:
    """iam:GetAccountSummary: how many the account has, and may have."""

    count: int
    quota: int


# The most that a page takes (EC2 API Reference): fewer turns on large accounts.
_PAGE, _TABLES_PAGE = 1000, 100


def vpcs(asking: Asking) -> Vpcs:
    """Every VPC."""
    return Vpcs(tuple(asking.pages("ec2", "describe_vpcs", "Vpcs", MaxResults=_PAGE)))


def route_tables(asking: Asking, target: Target) -> RouteTables:
    """Those of the stack's VPC where its state names one, else all: an account can have 100,000 routes.

    Of other people's tables only whose they are is kept.
    """
    vpcs = sorted(key for key in target.ids if key.startswith("vpc-"))
    own = {"Filters": [{"Name": "vpc-id", "Values": vpcs}]} if vpcs else {}
    found = asking.items("ec2", "describe_route_tables", "RouteTables", MaxResults=_TABLES_PAGE, **own)
    return RouteTables(tuple(each if target.owns(each) else _without(each, _OF_OWN_TABLES) for each in found))


_OF_OWN_TABLES = ("Routes", "Associations", "PropagatingVgws")


def _without(item: Item, keys: tuple[str, ...]) -> Item:
    return {key: value for key, value in item.items() if key not in keys}


def internet_gateways(asking: Asking) -> InternetGateways:
    """Every internet gateway."""
    found = asking.pages("ec2", "describe_internet_gateways", "InternetGateways", MaxResults=_PAGE)
    return InternetGateways(tuple(found))


def nat_gateways(asking: Asking) -> NatGateways:
    """NAT gateways that count against the quota (VPC User Guide, "Amazon VPC quotas")."""
    filters = [{"Name": "state", "Values": ["pending", "available", "deleting"]}]
    found = asking.pages("ec2", "describe_nat_gateways", "NatGateways", Filters=filters, MaxResults=_PAGE)
    return NatGateways(tuple(found))


def subnets(asking: Asking) -> Subnets:
    """Every subnet."""
    return Subnets(tuple(asking.pages("ec2", "describe_subnets", "Subnets", MaxResults=_PAGE)))


def peerings(asking: Asking) -> Peerings:
    """Peering connections that carry traffic."""
    filters = [{"Name": "status-code", "Values": ["active"]}]
    found = asking.pages(
        "ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=filters, MaxResults=_PAGE
    )
    return Peerings(tuple(found))


def addresses(asking: Asking) -> Addresses:
    """Every Elastic IP address; this call has no pages."""
    return Addresses(tuple(asking.ask("ec2", "describe_addresses")["Addresses"]))


def security_groups(asking: Asking) -> SecurityGroups:
    """Every security group."""
    found = asking.pages("ec2", "describe_security_groups", "SecurityGroups", MaxResults=_PAGE)
    return SecurityGroups(tuple(found))


def interfaces(asking: Asking) -> Interfaces:
    """Every network interface."""
    found = asking.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", MaxResults=_PAGE)
    return Interfaces(tuple(found))


def instances(asking: Asking) -> Instances:
    """Instances that the vCPU quotas count."""
    filters = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    found = asking.pages("ec2", "describe_instances", "Reservations", Filters=filters, MaxResults=_PAGE)
    return Instances(tuple(instance for reservation in found for instance in reservation["Instances"]))


def load_balancers(asking: Asking) -> LoadBalancers:
    """Network load balancers."""
    found = asking.pages("elbv2", "describe_load_balancers", "LoadBalancers", PageSize=400)
    return LoadBalancers(tuple(each for each in found if each.get("Type") == "network"))


def instance_profiles(asking: Asking) -> InstanceProfiles:
    """Both figures in one call; Service Quotas knows IAM's in us-east-1 alone."""
    found = asking.ask("iam", "get_account_summary")["SummaryMap"]
    return InstanceProfiles(int(found["InstanceProfiles"]), int(found["InstanceProfilesQuota"]))


def limits(asking: Asking, choice: Choice) -> Limits:
    """The applied value of every quota that the settings can meet; where an account has none yet, AWS's default.

    That order is Service Quotas' own: GetServiceQuota refuses what has no applied value.

    A setting goes before what Service Quotas says of routes, as in `pulumi up`; that is kept beside it.
    """
    codes = _codes(choice)
    found = dict(zip(codes, asking.each(lambda code: _limit(asking, code), codes), strict=True))
    applied = {code: value for code, value in found.items() if isinstance(value, int)}
    unknown = {code: str(value) for code, value in found.items() if not isinstance(value, int)}
    said = Limits.assumed(choice.settings).applied
    replaced = {code: value for code, value in applied.items() if code in said}
    return Limits({**applied, **said}, unknown, replaced)


def _codes(choice: Choice) -> list[str]:
    """All codes but IAM's, and of the vCPU quotas those of the chosen instance types alone."""
    families = {code for quota in VCPU_QUOTAS for code in (quota.on_demand, quota.spot)}
    wanted: set[str] = set()
    if choice.settings is not None:
        spot = {pool.name for pool in choice.settings.pools if pool.spot}
        for group, (_, instance_type) in choice.settings.instance_types.items():
            wanted.add(vcpu_code(instance_type, group in spot))
    return [
        code for code, quota in BY_CODE.items() if quota.service != "iam" and (code not in families or code in wanted)
    ]


def service_quota(asking: Asking, quota: Quota) -> Item:
    """Service Quotas' description of a quota: with the applied value, or AWS's default where none is applied yet."""
    wanted = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        found = asking.ask("service-quotas", "get_service_quota", **wanted)
    except NotAnswered as error:
        if error.code != "NoSuchResourceException":
            raise
        found = asking.ask("service-quotas", "get_aws_default_service_quota", **wanted)
    shown: Item = found["Quota"]
    return shown


def _limit(asking: Asking, code: str) -> int | NotAnswered:
    try:
        return int(service_quota(asking, BY_CODE[code])["Value"])
    except NotAnswered as error:
        return error
