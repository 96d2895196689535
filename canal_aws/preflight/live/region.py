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
    """EC2's OptInStatus: opt-in-not-required, opted-in or not-opted-in; "" where there is no such Region.

    `refusal` is what the Region itself answered, where another one had to be asked about it.
    """

    opt_in_status: str
    refusal: str = ""


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


# The endpoints of a Region that is not enabled know no account's keys, and answer as to wrong ones: EC2 (steampipe's
# plugin for AWS, issue 75), STS (aws-okta, issue 225), Systems Manager (Landing Zone Accelerator, issue 269); EC2 API
# Reference, "Error codes", OptInRequired.
_REFUSALS = frozenset({"AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired"})
# AWS General Reference, IAM endpoints and quotas: the Region of a partition where what is global is; all accounts have it.
_HOMES = {"cn-": "cn-north-1", "us-gov-": "us-gov-west-1"}


def home_region(region: str) -> str:
    """The Region of the same partition that no account has to enable, and where Service Quotas knows IAM's quotas."""
    return next((home for prefix, home in _HOMES.items() if region.startswith(prefix)), "us-east-1")


def region_of_service(service: str, region: str) -> str:
    """Where a stack in `region` meets a service, named as in IAM's actions: IAM is one for its whole partition (IAM User
    Guide, "AWS global condition context keys", aws:RequestedRegion)."""
    return home_region(region) if service == "iam" else region


def caller(asking: Asking) -> Caller:
    """sts:GetCallerIdentity, which needs no permission."""
    try:
        found = asking.ask("sts", "get_caller_identity")
    except NotAnswered as error:
        if error.code not in _REFUSALS:
            raise
        hint = "a Region that is not enabled refuses valid credentials too (see the check `region`)"
        raise NotAnswered(error.action, error.code, f"{error.said}; {hint}") from error
    return Caller(str(found["Account"]), str(found["Arn"]))


def region_state(asking: Asking, target: Target) -> RegionState:
    """ec2:DescribeRegions; those that are not enabled included. Where the Region refuses, its partition's home is asked."""
    try:
        return RegionState(_opt_in_status(asking, target))
    except NotAnswered as error:
        refused = error
    home = home_region(target.region)
    if refused.code in _REFUSALS and home != target.region:
        try:
            return RegionState(_opt_in_status(asking.in_region(home), target), refused.said)
        except NotAnswered as error:
            both = f"{target.region} refuses the credentials ({refused.code}), and {home} was asked: {error.said}"
            raise NotAnswered(error.action, error.code, both) from error
    if _is_known(target.region):
        raise refused
    # A Region that does not exist has no endpoint: the call fails like any other that finds nobody.
    raise NotAnswered(
        refused.action, refused.code, f"no answer, and botocore knows no Region {target.region}: is it spelled right?"
    ) from refused


def _opt_in_status(asking: Asking, target: Target) -> str:
    regions = asking.ask("ec2", "describe_regions", AllRegions=True)["Regions"]
    found = {region["RegionName"]: region.get("OptInStatus", "opt-in-not-required") for region in regions}
    return str(found.get(target.region, ""))


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
