"""What AWS says before anything is created: zones, images, CPU architectures, the route quota.

Everything is asked through the provider, so with the credentials and the Region of the stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi_aws as aws

from canal_aws import addressing, route_budget
from canal_aws.addressing import Kept
from canal_aws.node_images import CPU_ARCHITECTURES, CpuArchitecture
from canal_aws.settings import Settings, SettingsError
from canal_aws.settings_fields import Violation
from infra import images
from infra.images import Image


@dataclass(frozen=True)
class Facts:
    """Answers of AWS that the plan needs.

    `images` maps a group of nodes (`control-plane`, or a pool's name) to its image.
    """

    region: str
    zones: tuple[str, ...]
    images: Mapping[str, Image]
    route_quota: int

    @classmethod
    def of(cls, settings: Settings, kept: Kept) -> Facts:
        """Asks AWS; SettingsError with every setting that this account or Region cannot serve."""
        available = tuple(aws.get_availability_zones(state="available", filters=[_NO_LOCAL_ZONES]).names)
        types = settings.instance_types
        offered = {each: _offered(each) for each in sorted({instance_type for _, instance_type in types.values()})}
        usable = [zone for zone in available if all(zone in zones for zones in offered.values())]
        zones = addressing.choose_zones(settings.availability_zones, usable, kept.zones)
        violations = [
            *_zone_violations(settings, zones, available, kept),
            *_type_violations(types, offered, [zone for zone in zones if zone in available]),
        ]
        if violations:
            raise SettingsError(tuple(violations))
        architectures = {each: _cpu_architecture(each) for each in offered}
        found = {each: images.find(settings.operating_system, each) for each in sorted(set(architectures.values()))}
        return cls(
            region=aws.get_region().region,
            zones=zones,
            images={group: found[architectures[instance_type]] for group, (_, instance_type) in types.items()},
            route_quota=_route_quota(settings),
        )


# Local and Wavelength Zones have no NAT gateways or network load balancers everywhere.
_NO_LOCAL_ZONES = aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])


def _offered(instance_type: str) -> frozenset[str]:
    offerings = aws.ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[aws.ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=[instance_type])],
    )
    return frozenset(offerings.locations)


def _zone_violations(
    settings: Settings, zones: tuple[str, ...], available: tuple[str, ...], kept: Kept
) -> Iterator[Violation]:
    wanted = settings.availability_zones
    if isinstance(wanted, int):
        if len(zones) < wanted:
            yield Violation(
                "availabilityZones",
                wanted,
                f"the instance types are offered in {len(zones)} zones: {', '.join(zones) or 'none'}",
                f"set {len(zones) or 'another Region or type'}, or choose types that more zones offer",
            )
        return
    for zone in zones:
        if zone not in available and zone not in kept.zones:
            yield Violation(
                "availabilityZones", zone, "not an available zone of this Region", f"choose from {', '.join(available)}"
            )


def _type_violations(
    types: Mapping[str, tuple[str, str]], offered: Mapping[str, frozenset[str]], zones: list[str]
) -> Iterator[Violation]:
    # Once each: pools without a type of their own have the workers'.
    for key, instance_type in dict.fromkeys(types.values()):
        if not offered[instance_type]:
            yield Violation(key, instance_type, "not offered in this Region", "choose another type, like m7i.large")
            continue
        missing = [zone for zone in zones if zone not in offered[instance_type]]
        if missing:
            yield Violation(
                key,
                instance_type,
                f"not offered in {', '.join(missing)}",
                f"choose another type, or zones among {', '.join(sorted(offered[instance_type]))}",
            )


def _cpu_architecture(instance_type: str) -> CpuArchitecture:
    """amd64 or arm64: the first that the type supports and that the images exist for."""
    supported = aws.ec2.get_instance_type(instance_type=instance_type).supported_architectures
    return next(CPU_ARCHITECTURES[each] for each in supported if each in CPU_ARCHITECTURES)


def _route_quota(settings: Settings) -> int:
    """The applied quota of routes a table; asked for only where nodes need routes."""
    if settings.route_quota is not None:
        return settings.route_quota
    if not settings.description.vpc_routes_per_node:
        return route_budget.DEFAULT_QUOTA
    try:
        return int(aws.servicequotas.get_service_quota(service_code="vpc", quota_code=route_budget.QUOTA_CODE).value)
    except Exception as error:
        reason = f"Service Quotas did not say how many routes a table takes ({str(error).splitlines()[0]})"
        raise SettingsError(
            (Violation("routeQuota", 0, reason, "set routeQuota, or allow servicequotas:GetServiceQuota"),)
        ) from error
