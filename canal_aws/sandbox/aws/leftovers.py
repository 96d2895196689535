"""Everything that is there beyond a fresh account: what `destroy` must have taken away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .world import World


def _vpcs(ec2: Any) -> Iterator[str]:
    return (vpc.id for vpc in ec2.vpcs.values() if not _true(vpc.is_default))


def _default_vpcs(ec2: Any) -> set[str]:
    return {vpc.id for vpc in ec2.vpcs.values()} - set(_vpcs(ec2))


def _subnets(ec2: Any) -> Iterator[str]:
    default = _default_vpcs(ec2)
    all_subnets = [subnet for zone in ec2.subnets.values() for subnet in zone.values()]
    return (subnet.id for subnet in all_subnets if not (subnet.vpc_id in default and _true(subnet.default_for_az)))


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def _route_tables(ec2: Any) -> Iterator[str]:
    # A VPC's main table comes and goes with it; what hangs on the default VPC's is a leftover all the same.
    for table in ec2.route_tables.values():
        if table.main_association_id is None:
            yield table.id
        elif table.vpc_id in _default_vpcs(ec2):
            yield from (route.id for route in table.routes if not route.local)


def _security_groups(ec2: Any) -> Iterator[str]:
    groups = [group for by_vpc in ec2.groups.values() for group in by_vpc.values()]
    return (group.id for group in groups if group.name != "default")


def _alive(instance: Any) -> bool:
    return instance.state not in ("terminated",)


def _live_nat_gateways(ec2: Any) -> Iterator[str]:
    return (key for key, gateway in ec2.nat_gateways.items() if gateway.state != "deleted")


EC2: dict[str, Callable[[Any], Iterator[str]]] = {
    "vpc": _vpcs,
    "subnet": _subnets,
    "internet-gateway": lambda ec2: iter(ec2.internet_gateways),
    "egress-only-internet-gateway": lambda ec2: iter(ec2.egress_only_internet_gateways),
    "network-acl": lambda ec2: (acl.id for acl in ec2.network_acls.values() if not acl.default),
    "elastic-ip": lambda ec2: (address.allocation_id or address.public_ip for address in ec2.addresses),
    "nat-gateway": _live_nat_gateways,
    "route-table": _route_tables,
    "security-group": _security_groups,
    "network-interface": lambda ec2: iter(ec2.enis),
    "launch-template": lambda ec2: iter(ec2.launch_templates),
    "instance": lambda ec2: (instance.id for instance in ec2.all_instances() if _alive(instance)),
    "volume": lambda ec2: iter(ec2.volumes),
}

ELB: dict[str, Callable[[Any], Iterator[str]]] = {
    "load-balancer": lambda elb: iter(elb.load_balancers),
    "target-group": lambda elb: iter(elb.target_groups),
    "listener": lambda elb: (arn for nlb in elb.load_balancers.values() for arn in nlb.listeners),
}

CLASSIC: dict[str, Callable[[Any], Iterator[str]]] = {"classic-load-balancer": lambda elb: iter(elb.load_balancers)}


def _iam_policies(iam: Any) -> Iterator[str]:
    return (arn for arn in iam.managed_policies if ":aws:policy/" not in arn)


def _iam_role_policies(iam: Any) -> Iterator[str]:
    return (f"{role.name}/{name}" for role in iam.roles.values() for name in role.policies)


IAM: dict[str, Callable[[Any], Iterator[str]]] = {
    "iam-role": lambda iam: (role.name for role in iam.roles.values()),
    "iam-role-policy": _iam_role_policies,
    "iam-policy": _iam_policies,
    "iam-instance-profile": lambda iam: (profile.name for profile in iam.instance_profiles.values()),
}

SSM: dict[str, Callable[[Any], Iterator[str]]] = {
    "ssm-parameter": lambda ssm: (
        name for name, versions in ssm._parameters.items() if versions and not name.startswith("/aws/service/")
    ),
}

S3: dict[str, Callable[[Any], Iterator[str]]] = {"s3-bucket": lambda s3: iter(s3.buckets)}


def leftovers(world: World) -> list[str]:
    """One "type id" a thing, sorted; the default VPC, seeded images and terminated instances are not listed."""
    found = []
    for service, kinds in (("ec2", EC2), ("elbv2", ELB), ("elb", CLASSIC), ("iam", IAM), ("ssm", SSM), ("s3", S3)):
        for region in world.regions(service):
            state = world.backend(service, region)
            found += [f"{kind} {key}" for kind, listed in kinds.items() for key in listed(state)]
    return sorted(set(found))
