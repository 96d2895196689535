"""What stands in the VPC that the program did not make: `pulumi destroy` waits for it, and then fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from canal_aws.preflight.destroy.things import (
    ClassicLoadBalancers,
    Connections,
    DefaultGroupRules,
    EgressOnlyGateways,
    Endpoints,
    Foreign,
    Gateways,
    Instances,
    Interfaces,
    LoadBalancers,
    NetworkAcls,
    RouteTables,
    SecurityGroups,
    Subnets,
    Thing,
)
from canal_aws.preflight.findings import Finding, fails, ok
from canal_aws.preflight.registry import check

_DELETE_VPC = "EC2 API reference, DeleteVpc; VPC User Guide, Delete your VPC"
_NETWORK_ACLS = "repost.aws/knowledge-center/troubleshoot-dependency-error-delete-vpc"
_DELETE_GROUP = "EC2 API reference, DeleteSecurityGroup"


def each_as(finding: Callable[[str, str], Finding], found: Foreign, none: str) -> Iterator[Finding]:
    """One finding a thing, with its owner and the way out; ok with `none` where there is nothing."""
    for thing in found.things:
        yield finding(f"{thing}: {thing.owner.who}", way_out(thing))
    if not found.things:
        yield ok(none)


def way_out(thing: Thing) -> str:
    """The owner's own way first, since a controller makes anew what is only deleted."""
    if thing.deletable:
        return f"{thing.owner.way_out}; or --delete" if thing.owner.way_out else "--delete takes it away"
    return f"{thing.owner.way_out or 'take it away yourself'} ({thing.kept_because})"


@check("foreign-load-balancers", group="destroy", source=_DELETE_VPC)
def no_foreign_load_balancers(found: LoadBalancers) -> Iterator[Finding]:
    """No application, network or gateway load balancer of somebody else's stands in the VPC."""
    yield from each_as(fails, found, "no load balancers but the program's")


@check("foreign-classic-load-balancers", group="destroy", source=_DELETE_VPC)
def no_classic_load_balancers(found: ClassicLoadBalancers) -> Iterator[Finding]:
    """No classic load balancer, which a cloud controller makes for a Service, stands in the VPC."""
    yield from each_as(fails, found, "no classic load balancers")


@check("foreign-network-interfaces", group="destroy", source=_DELETE_VPC)
def no_foreign_interfaces(found: Interfaces) -> Iterator[Finding]:
    """No network interface of somebody else's stands in the VPC's subnets."""
    yield from each_as(fails, found, "no network interfaces but the program's")


@check("foreign-security-groups", group="destroy", source=_DELETE_GROUP)
def no_foreign_groups(found: SecurityGroups) -> Iterator[Finding]:
    """No security group of somebody else's, but the default one, stands in the VPC or is named in a rule of the stack's."""
    yield from each_as(fails, found, "no security groups but the program's")


@check("default-group-rules", group="destroy", source=_DELETE_GROUP)
def default_group_names_no_own(found: DefaultGroupRules) -> Iterator[Finding]:
    """No rule of the VPC's default security group, which goes last of all, names a group of the stack's."""
    yield from each_as(fails, found, "no rules of the default group that name the program's")


@check("foreign-network-acls", group="destroy", source=_NETWORK_ACLS)
def no_foreign_acls(found: NetworkAcls) -> Iterator[Finding]:
    """No network ACL but the default one stands in the VPC."""
    yield from each_as(fails, found, "no network ACLs but the default one")


@check("foreign-instances", group="destroy", source=_DELETE_VPC)
def no_foreign_instances(found: Instances) -> Iterator[Finding]:
    """No instance of somebody else's runs in the VPC."""
    yield from each_as(fails, found, "no instances but the program's")


@check("foreign-endpoints", group="destroy", source=_DELETE_VPC)
def no_foreign_endpoints(found: Endpoints) -> Iterator[Finding]:
    """No VPC endpoint of somebody else's stands in the VPC."""
    yield from each_as(fails, found, "no VPC endpoints")


@check("foreign-subnets", group="destroy", source=_DELETE_VPC)
def no_foreign_subnets(found: Subnets) -> Iterator[Finding]:
    """No subnet was added to the VPC by somebody else."""
    yield from each_as(fails, found, "no subnets but the program's")


@check("foreign-route-tables", group="destroy", source=_DELETE_VPC)
def no_foreign_route_tables(found: RouteTables) -> Iterator[Finding]:
    """No route table was added to the VPC by somebody else."""
    yield from each_as(fails, found, "no route tables but the program's")


@check("foreign-gateways", group="destroy", source=_DELETE_VPC)
def no_foreign_gateways(found: Gateways) -> Iterator[Finding]:
    """No internet, NAT or virtual private gateway of somebody else's hangs on the VPC."""
    yield from each_as(fails, found, "no gateways but the program's")


@check("foreign-egress-only-gateways", group="destroy", source=_DELETE_VPC)
def no_foreign_egress_only_gateways(found: EgressOnlyGateways) -> Iterator[Finding]:
    """No egress-only internet gateway, which the program never makes, hangs on the VPC."""
    yield from each_as(fails, found, "no egress-only internet gateways")


@check("foreign-connections", group="destroy", source=_DELETE_VPC)
def no_foreign_connections(found: Connections) -> Iterator[Finding]:
    """No peering connection or transit-gateway attachment holds the VPC."""
    yield from each_as(fails, found, "no peering connections or attachments")
