"""What the plan adds to what the account holds, against the applied quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, fails, graded, ok, unchecked, warning
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.inventory import (
    Addresses,
    InstanceProfiles,
    Instances,
    Interfaces,
    InternetGateways,
    Item,
    LoadBalancers,
    NatGateways,
    RouteTables,
    SecurityGroups,
    Subnets,
    Vpcs,
)
from canal_aws.preflight.live.region import Caller, InstanceTypes
from canal_aws.preflight.live.target import Target, tags_of
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.planned_resources import PlannedResources, instances_of
from canal_aws.preflight.registry import check
from canal_aws.quotas import BY_CODE, ROUTES_PER_TABLE, Usage
from canal_aws.stack.deployment import NAME_TAG
from canal_aws.turnover import Turnover
from canal_aws.vcpu_quotas import VCPU_QUOTAS, vcpu_code

_VPC_QUOTAS = "VPC User Guide, Amazon VPC quotas"
_EC2_QUOTAS = "EC2 User Guide, Amazon EC2 service quotas"
_VCPUS = tuple(code for each in VCPU_QUOTAS for code in (each.on_demand, each.spot) if code)
_PROFILES = BY_CODE["L-6E65F664"]
_PROFILES_A_STACK = 2  # one a role


@check("vpcs", group="quotas", quotas=("L-F678F1CE",), source=_VPC_QUOTAS)
def vpc_fits(target: Target, caller: Caller, vpcs: Vpcs, limits: Limits) -> Iterator[Finding]:
    """One more VPC fits the Region; those of which another account shares subnets count against its quota."""
    yield limits.grade("L-F678F1CE", target.region, len(_of_account(caller, target.others(vpcs.items))), 1)


@check("internet-gateways", group="quotas", quotas=("L-A4707A72",), source=_VPC_QUOTAS)
def internet_gateway_fits(
    target: Target, caller: Caller, gateways: InternetGateways, limits: Limits
) -> Iterator[Finding]:
    """One more internet gateway fits the Region; those of VPCs that another account shares are that account's."""
    yield limits.grade("L-A4707A72", target.region, len(_of_account(caller, target.others(gateways.items))), 1)


@check("nat-gateways", group="quotas", quotas=("L-FE5A380F",), source=_VPC_QUOTAS)
def nat_gateways_fit(
    plan: Plan, target: Target, gateways: NatGateways, subnets: Subnets, limits: Limits
) -> Iterator[Finding]:
    """Each zone's NAT gateways fit."""
    planned = PlannedResources.of(plan).nat_gateways
    zone_of = {subnet["SubnetId"]: str(subnet["AvailabilityZone"]) for subnet in subnets.items}
    found = Counter(zone_of.get(each.get("SubnetId"), "") for each in target.others(gateways.items))
    for zone, count in sorted(planned.items()):
        yield limits.grade("L-FE5A380F", zone, found[zone], count, "set natGateways = single, or topology = public")


@check("elastic-ips", group="quotas", quotas=("L-0263D0A3",), source=_EC2_QUOTAS)
def addresses_fit(plan: Plan, target: Target, addresses: Addresses, limits: Limits) -> Iterator[Finding]:
    """An Elastic IP address for each NAT gateway fits the Region."""
    count = sum(PlannedResources.of(plan).nat_gateways.values())
    avoid = "set natGateways = single, or topology = public"
    used = len(target.others(addresses.items))
    leaving = len(Turnover.of_nat_gateways(plan.addresses, plan.kept).beside)
    yield limits.grade("L-0263D0A3", target.region, used, count, avoid, leaving=leaving)


@check("network-interfaces", group="quotas", quotas=("L-DF5E4CA3",), source=_VPC_QUOTAS)
def interfaces_fit(plan: Plan, target: Target, interfaces: Interfaces, limits: Limits) -> Iterator[Finding]:
    """Interfaces of nodes, NAT gateways and load balancers fit the Region."""
    used = sum(not target.made_interface(each) for each in interfaces.items)
    planned = PlannedResources.of(plan).interfaces
    leaving = len(Turnover.of_interfaces(plan.addresses, plan.kept).beside)
    yield limits.grade("L-DF5E4CA3", target.region, used, planned, "use fewer nodes", leaving=leaving)


@check("security-groups", group="quotas", quotas=("L-E79EC296",), source=_VPC_QUOTAS)
def security_groups_fit(
    plan: Plan, target: Target, groups: SecurityGroups, vpcs: Vpcs, limits: Limits
) -> Iterator[Finding]:
    """The stack's security groups, and the VPC's own default one, fit the Region."""
    planned = PlannedResources.of(plan).security_groups
    own = vpcs.own(target)
    # The default group of the stack's VPC has no tag, and is among the planned ones.
    others = [
        each
        for each in target.others(groups.items)
        if not (each.get("VpcId") in own and each.get("GroupName") == "default")
    ]
    yield limits.grade("L-E79EC296", target.region, len(others), planned)


@check("subnets-and-route-tables", group="quotas", quotas=("L-407747CB", "L-589F43AA"), source=_VPC_QUOTAS)
def subnets_fit(
    plan: Plan, target: Target, vpcs: Vpcs, subnets: Subnets, tables: RouteTables, limits: Limits
) -> Iterator[Finding]:
    """Subnets and route tables fit the VPC, which is the stack's own: with those that somebody else added to it."""
    planned, own = PlannedResources.of(plan), vpcs.own(target)
    foreign = [each for each in target.others(subnets.items) if each.get("VpcId") in own]
    # A VPC's main table is AWS's; a new VPC gets one as well.
    others = [each for each in target.others(tables.items) if each.get("VpcId") in own]
    yield limits.grade("L-407747CB", "the stack's VPC", len(foreign), planned.subnets)
    yield limits.grade("L-589F43AA", "the stack's VPC", len(others) if own else 1, planned.route_tables)


@check("route-quota-setting", group="quotas", quotas=(ROUTES_PER_TABLE.code,), source=_VPC_QUOTAS)
def route_quota_is_the_accounts(choice: Choice, limits: Limits) -> Iterator[Finding]:
    """routeQuota, where it is set, is no more than the quota that the account has."""
    said = choice.settings.route_quota if choice.settings else None
    if said is None:
        return
    code = ROUTES_PER_TABLE.code
    applied = limits.replaced.get(code, limits.applied.get(code, said))
    if code in limits.unknown:
        yield unchecked(f"routeQuota = {said:,}: {limits.unknown[code]}", "allow the call, or ask whoever may make it")
    elif said > applied:
        yield warning(
            f"routeQuota = {said:,}, and the account's applied quota is {applied:,}: AWS refuses a table more routes",
            f"leave routeQuota out, or set it to {applied:,} until AWS has granted more",
        )
    else:
        yield ok(f"routeQuota = {said:,} is within the account's applied quota of {applied:,}")


@check("load-balancers", group="quotas", quotas=("L-69A177A2",), source="Elastic Load Balancing, quotas")
def load_balancers_fit(plan: Plan, target: Target, found: LoadBalancers, limits: Limits) -> Iterator[Finding]:
    """The API's network load balancers fit the Region."""
    used = sum(each.get("LoadBalancerArn") not in target.ids for each in found.items)
    planned = PlannedResources.of(plan).load_balancers
    yield limits.grade("L-69A177A2", target.region, used, planned, "set apiAccess = private, which needs one")


@check("instance-profiles", group="quotas", quotas=(_PROFILES.code,), source="IAM User Guide, IAM and AWS STS quotas")
def instance_profiles_fit(target: Target, profiles: InstanceProfiles) -> Iterator[Finding]:
    """One instance profile a role fits the account."""
    own = _PROFILES_A_STACK if target.ids else 0
    yield graded(Usage(_PROFILES, max(profiles.count - own, 0), _PROFILES_A_STACK, profiles.quota, "the account"))


@check("vcpus", group="quotas", quotas=_VCPUS, source="EC2 User Guide, On-Demand and Spot Instance quotas")
def vcpus_fit(
    plan: Plan, target: Target, instances: Instances, types: InstanceTypes, limits: Limits
) -> Iterator[Finding]:
    """vCPUs of the planned nodes, with those that run already or until `up` ends, fit the quota of their families."""
    turnover = Turnover.of_nodes(plan.addresses, plan.kept)
    used = _vcpus(target.others(instances.items))
    leaving = _vcpus(
        each for each in instances.items if target.owns(each) and tags_of(each).get(NAME_TAG) in turnover.leaving
    )
    new = instances_of(plan.settings, (node for node in plan.addresses.nodes if node.name in turnover.new))
    growing = {vcpu_code(instance_type, spot) for instance_type, spot, _ in new}
    planned: Counter[str] = Counter()
    for instance_type, spot, count in PlannedResources.of(plan).instances:
        code = vcpu_code(instance_type, spot)
        if not code:
            how = "on spot" if spot else "in shared tenancy"
            yield fails(f"{instance_type} counts against no vCPU quota: AWS does not offer it {how}", "choose another")
        elif instance_type in types.vcpus:
            planned[code] += types.vcpus[instance_type] * count
    for code, cpus in planned.items():
        # Where nothing is launched against a quota, those that leave hold none of it that anything waits for.
        beside = leaving[code] if code in growing else 0
        yield limits.grade(code, target.region, used[code], cpus, "use smaller or fewer nodes", leaving=beside)


def _vcpus(instances: Iterable[Item]) -> Counter[str]:
    """By the code of the quota that they count against."""
    found: Counter[str] = Counter()
    for instance in instances:
        options = instance.get("CpuOptions") or {}
        spot = instance.get("InstanceLifecycle") == "spot"
        cpus = int(options.get("CoreCount", 1)) * int(options.get("ThreadsPerCore", 1))
        found[vcpu_code(str(instance["InstanceType"]), spot)] += cpus
    return found


def _of_account(caller: Caller, items: Iterable[Item]) -> list[Item]:
    """VPC User Guide, "Share your VPC subnets with other accounts": participants see the owner's; quotas are an account's."""
    return [item for item in items if item.get("OwnerId", caller.account) == caller.account]
