"""Credentials, Region, zones and instance types."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.addressing import Kept, choose_zones
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.live.region import Caller, InstanceTypes, Offerings, RegionState, Zones
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check


@check("credentials", group="account", source="AWS STS, GetCallerIdentity")
def credentials_work(caller: Caller) -> Iterator[Finding]:
    """The credentials are valid, and whose they are."""
    yield ok(f"account {caller.account}, {caller.arn}")


@check("region", group="account", source="AWS Account Management, Enable or disable AWS Regions")
def region_is_enabled(target: Target, state: RegionState) -> Iterator[Finding]:
    """The Region exists and is enabled for the account."""
    if not state.opt_in_status:
        yield fails(f"there is no Region {target.region}", "set aws:region to one like us-east-1")
    elif state.opt_in_status == "not-opted-in":
        yield fails(
            f"{target.region} is not enabled in this account",
            f"`aws account enable-region --region-name {target.region}` enables it within hours; or choose another Region",
        )
    elif state.refusal:
        yield warning(
            f"{target.region} is enabled, and refuses credentials that its partition takes: {state.refusal}",
            "wait, if it was enabled today; or take a session from a Region's own STS endpoint "
            "(AWS_STS_REGIONAL_ENDPOINTS=regional): the global one's are not valid where a Region had to be enabled",
        )
    else:
        yield ok(f"{target.region} is enabled")


@check("zones", group="account", source="EC2, DescribeAvailabilityZones; canal_aws.addressing.choose_zones")
def zones_are_there(choice: Choice, zones: Zones, offerings: Offerings, kept: Kept) -> Iterator[Finding]:
    """As many zones as are wanted, or those that are named, are the stack's already, or available with every chosen type."""
    if choice.settings is None:
        return
    wanted = choice.settings.availability_zones
    usable = [zone for zone in zones.available if all(zone in offered for offered in offerings.zones.values())]
    chosen = choose_zones(wanted, usable, kept.zones)
    for zone in chosen:
        if zone in zones.available:
            if not isinstance(wanted, int):
                yield ok(f"{zone} is available")
        elif zone in kept.zones:
            yield warning(
                f"{zone} is no available zone now, and the stack stands in it: what is there stays",
                "add no nodes until EC2 lists it again: those in this zone may not start",
            )
        else:
            yield fails(f"{zone} is no available zone", f"choose from {', '.join(zones.available)}")
    if not isinstance(wanted, int):
        return
    if len(chosen) < wanted:
        yield fails(
            f"{wanted} zones are wanted, and {len(chosen)} are the stack's or offer the instance types: "
            f"{', '.join(chosen) or 'none'}",
            "choose types that more zones offer, or another Region",
        )
    else:
        yield ok(f"{len(usable)} zones offer the instance types: {', '.join(usable)}")


@check("instance-type-offerings", group="account", source="EC2, DescribeInstanceTypeOfferings")
def types_are_offered(plan: Plan, zones: Zones, offerings: Offerings) -> Iterator[Finding]:
    """Each instance type is offered in every available zone where its nodes are to run."""
    for key, instance_type in dict.fromkeys(plan.settings.instance_types.values()):
        offered = offerings.zones.get(instance_type, frozenset())
        planned = [zone.name for zone in plan.addresses.zones if zone.name in zones.available]
        missing = [zone for zone in planned if zone not in offered]
        if not offered:
            yield fails(f"{key} = {instance_type} is not offered in this Region", "choose another type, like m7i.large")
        elif missing:
            yield fails(
                f"{key} = {instance_type} is not offered in {', '.join(missing)}", "choose another type or zones"
            )
        else:
            yield ok(f"{key} = {instance_type} is offered in every available zone of the plan")


@check("instance-type-size", group="nodes", source="kubeadm, preflight checks: two CPUs on a control-plane node")
def control_plane_has_two_cpus(plan: Plan, types: InstanceTypes) -> Iterator[Finding]:
    """Control-plane nodes have the two vCPUs without which kubeadm does not begin."""
    instance_type = plan.settings.control_plane_instance_type
    vcpus = types.vcpus.get(instance_type)
    if vcpus is None:
        yield fails(f"controlPlaneInstanceType = {instance_type}: EC2 knows no such type", "choose one like m7i.large")
    elif vcpus < 2:
        yield fails(f"controlPlaneInstanceType = {instance_type} has {vcpus} vCPU", "choose a type with two or more")
    else:
        yield ok(f"controlPlaneInstanceType = {instance_type} has {vcpus} vCPUs")
    if any(each.spot for each in plan.settings.pools) and len(plan.addresses.zones) == 1:
        yield warning("spot workers in one zone: EC2 may take all of them back at once", "use more zones")
