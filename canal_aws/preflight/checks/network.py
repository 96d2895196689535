"""Routes, rules and MTU: what the architecture's packets need of the VPC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import architectures
from canal_aws.firewall_rules import rules_of
from canal_aws.preflight.findings import Finding, Outcome, fails, ok
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.quotas import ROUTES_PER_TABLE, Grade
from canal_aws.turnover import Turnover

# EC2 User Guide, "Network maximum transmission unit (MTU)"; VPC Transit Gateways, "Quotas", MTU.
_PATHS = {"over transit gateways and inter-Region peering": 8500, "over internet gateways and VPNs": 1500}
# VPC User Guide, "Amazon VPC quotas": rules per group times groups per interface.
_RULES_PER_INTERFACE = 1000


@check("routes-per-table", group="routes", quotas=(ROUTES_PER_TABLE.code,), source="VPC User Guide, Amazon VPC quotas")
def pod_routes_fit_each_table(plan: Plan, limits: Limits) -> Iterator[Finding]:
    """Each node table's fixed routes, and one a node where pods travel by VPC routes, fit, with those that leave in this `up`."""
    pod_routes = plan.nodes * plan.architecture.vpc_routes_per_node
    without = [each.name for each in architectures.ARCHITECTURES if not each.vpc_routes_per_node]
    for table in plan.addresses.route_tables:
        found = limits.grade(
            ROUTES_PER_TABLE.code,
            f"route table {table.name}",
            len(table.fixed_routes),
            pod_routes,
            f"choose architecture {' or '.join(without)}, which need no routes",
            leaving=len(Turnover.of_pod_routes(plan.addresses, plan.kept, table.name).beside),
        )
        yield unless_overridden(plan, found)


def unless_overridden(plan: Plan, found: Finding) -> Finding:
    """Routes over the applied quota are a warning where routeQuotaOverride is set. Past AWS's maximum nothing helps."""
    if found.usage is None or found.usage.grade is not Grade.OVER_QUOTA:
        return found
    if plan.settings.route_quota_override:
        return replace(found, outcome=Outcome.WARNING)
    return replace(found, way_out=f"{found.way_out}; or set routeQuotaOverride = true to go on all the same")


@check("security-group-rules", group="firewall", quotas=("L-0EA8095F",), source="VPC User Guide, Amazon VPC quotas")
def rules_fit_each_security_group(plan: Plan, limits: Limits) -> Iterator[Finding]:
    """The rules of each security group fit, in each direction and times the groups of an interface."""
    counts = Counter((rule.group.value, "outbound" if rule.egress else "inbound") for rule in rules_of(plan.settings))
    for (group, direction), count in sorted(counts.items()):
        subject = f"security group {group}, {direction}"
        if count > _RULES_PER_INTERFACE:
            yield fails(
                f"{subject}: {count:,} rules, and an interface takes {_RULES_PER_INTERFACE:,}", "join CIDR blocks"
            )
        else:
            yield limits.grade("L-0EA8095F", subject, 0, count, "join blocks of apiAllowedCidrs")


@check("network-acl-rules", group="firewall", quotas=("L-2AEEBF1A",), source="VPC User Guide, Default network ACL")
def rules_fit_the_network_acl(limits: Limits) -> Iterator[Finding]:
    """The VPC keeps its default network ACL: one rule that allows everything and the one that denies the rest."""
    yield limits.grade("L-2AEEBF1A", "the VPC's default network ACL", 2, 0)


@check("pod-mtu", group="mtu", source="EC2 User Guide, Network MTU; Calico documentation, MTU")
def pods_mtu_fits_the_path(plan: Plan) -> Iterator[Finding]:
    """Pods' packets fit the VPC's 9,001 bytes with the architecture's headers, and say what narrower ways mean."""
    mtu, overhead = plan.architecture.pod_mtu(), plan.architecture.overhead
    link = architectures.model.VPC_MTU
    if mtu + overhead > link:
        yield fails(
            f"pods' MTU {mtu:,} and {overhead} bytes of headers exceed the VPC's {link:,}", "lower the pods' MTU"
        )
        return
    yield ok(f"pods' MTU {mtu:,} and {overhead} bytes of headers fit the VPC's {link:,} bytes")
    for path, width in _PATHS.items():
        if mtu > width:
            yield ok(f"{path} ({width:,} bytes) pods rely on path MTU discovery: ICMP type 3 code 4 must reach them")
