"""What the Region offers: who asks, whether it is enabled, its zones, the instance types in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from canal_aws.addressing import Kept, choose_zones
from canal_aws.errors import CanalError
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.planned import Plan
from canal_aws.settings import Settings


@dataclass(frozen=True)
class Caller:
    """Whose credentials these are."""

    account: str
    arn: str


@dataclass(frozen=True)
class RegionState:
    """EC2's OptInStatus: opt-in-not-required, opted-in or not-opted-in; "" where there is no such Region."""

    opt_in_status: str


@dataclass(frozen=True)
class Zones:
    """Names of the available zones, Local and Wavelength Zones left out, as the program does."""

    available: tuple[str, ...]


@dataclass(frozen=True)
class Offerings:
    """The zones that offer each instance type."""

    zones: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class InstanceTypes:
    """vCPUs and CPU architectures (x86_64, arm64) of each instance type that exists."""

    vcpus: Mapping[str, int]
    architectures: Mapping[str, tuple[str, ...]]


def caller(asking: Asking) -> Caller:
    """sts:GetCallerIdentity, which needs no permission."""
    found = asking.ask("sts", "get_caller_identity")
    return Caller(str(found["Account"]), str(found["Arn"]))


def region_state(asking: Asking, target: Target) -> RegionState:
    """ec2:DescribeRegions; those that are not enabled included."""
    try:
        regions = asking.ask("ec2", "describe_regions", AllRegions=True)["Regions"]
    except NotAnswered as error:
        if _is_known(target.region):
            raise
        # A Region that does not exist has no endpoint: the call fails like any other that finds nobody.
        raise NotAnswered(
            error.action, error.code, f"no answer, and botocore knows no Region {target.region}: is it spelled right?"
        ) from error
    found = {region["RegionName"]: region.get("OptInStatus", "opt-in-not-required") for region in regions}
    return RegionState(found.get(target.region, ""))


def zones(asking: Asking) -> Zones:
    """ec2:DescribeAvailabilityZones."""
    filters = [
        {"Name": "state", "Values": ["available"]},
        {"Name": "opt-in-status", "Values": ["opt-in-not-required"]},
    ]
    answer = asking.ask("ec2", "describe_availability_zones", Filters=filters)
    return Zones(tuple(sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])))


def offerings(asking: Asking, choice: Choice) -> Offerings:
    """ec2:DescribeInstanceTypeOfferings, for the chosen types."""
    types = _types(choice)
    filters = [{"Name": "instance-type", "Values": types}]
    found = asking.pages(
        "ec2",
        "describe_instance_type_offerings",
        "InstanceTypeOfferings",
        LocationType="availability-zone",
        Filters=filters,
    )
    return Offerings(
        {each: frozenset(row["Location"] for row in found if row["InstanceType"] == each) for each in types}
    )


def instance_types(asking: Asking, choice: Choice) -> InstanceTypes:
    """ec2:DescribeInstanceTypes; by filter, since one unknown name would fail the whole call."""
    filters = [{"Name": "instance-type", "Values": _types(choice)}]
    found = asking.pages("ec2", "describe_instance_types", "InstanceTypes", Filters=filters)
    return InstanceTypes(
        {row["InstanceType"]: int(row["VCpuInfo"]["DefaultVCpus"]) for row in found},
        {row["InstanceType"]: tuple(row["ProcessorInfo"]["SupportedArchitectures"]) for row in found},
    )


def plan(choice: Choice, target: Target, found: Zones, offered: Offerings, kept: Kept) -> Plan:
    """The plan in this Region's zones, as `pulumi up` would make it."""
    settings = _settings(choice)
    usable = [zone for zone in found.available if all(zone in offers for offers in offered.zones.values())]
    chosen = choose_zones(settings.availability_zones, usable, kept.zones)
    return Plan.of(settings, target.region, chosen, kept)


def _is_known(region: str) -> bool:
    import botocore.session

    session = botocore.session.get_session()
    return any(region in session.get_available_regions("ec2", each) for each in session.get_available_partitions())


def _types(choice: Choice) -> list[str]:
    return sorted({instance_type for _, instance_type in _settings(choice).instance_types.values()})


def _settings(choice: Choice) -> Settings:
    if choice.settings is None:
        raise CanalError("nothing to ask AWS for until the settings can be used")
    return choice.settings
