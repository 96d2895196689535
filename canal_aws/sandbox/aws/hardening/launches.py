"""What RunInstances refuses: images, types, addresses, groups, profiles and tags that do not fit together.

moto takes images and types that do not exist or do not match, types that a zone does not offer, groups of
another VPC; a private address that is used or foreign fails inside it.
Sources: EC2 API reference (RunInstances) and its "Error codes" page; VPC User Guide "Subnet CIDR
reservations" and "Subnet sizing" (the first four addresses and the last are AWS's own); the wording as in
users' logs.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any

from canal_aws.vcpu_quotas import vcpu_code

from ..addresses import private_address
from ..errors import AwsError, invalid_parameter
from ..pipeline import Call, Rules
from ..quotas import GROUPS_PER_INTERFACE
from ..topology import addresses_in_use, instance_type_info, offered_zones


def _check_image_and_type(call: Call) -> None:
    image_id, name = call.params.get("ImageId"), call.params.get("InstanceType")
    if image_id is None:
        raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
    image = call.ec2.amis.get(image_id)
    if image is None:
        raise AwsError("InvalidAMIID.NotFound", f"The image id '[{image_id}]' does not exist")
    # AWS's own default, when neither the request nor the template names one.
    name = call.params.setdefault("InstanceType", name or "m1.small")
    info = instance_type_info(name)
    if info is None:
        raise invalid_parameter(f"Invalid value '{name}' for InstanceType.")
    architectures = info["ProcessorInfo"]["SupportedArchitectures"]
    if image.architecture not in architectures:
        raise invalid_parameter(
            f"The architecture '{','.join(architectures)}' of the specified instance type does not match the "
            f"architecture '{image.architecture}' of the specified AMI. Specify an instance type and an AMI that "
            "have matching architectures, and try again. You can use 'describe-instance-types' or "
            "'describe-images' to discover the architecture of the instance type or AMI."
        )


@dataclass(frozen=True)
class Placement:
    """Where an instance is to stand: of the request itself, or of its primary network interface."""

    subnet_id: str | None
    address: str | None
    groups: list[str]


def _placement(call: Call) -> Placement:
    params = call.params
    for interface in params.get("NetworkInterfaces") or []:
        if int(interface.get("DeviceIndex", 0)) == 0:
            groups = interface.get("Groups") or []
            return Placement(interface.get("SubnetId"), interface.get("PrivateIpAddress"), groups)
    return Placement(params.get("SubnetId"), params.get("PrivateIpAddress"), params.get("SecurityGroupIds") or [])


def _check_interfaces(call: Call) -> None:
    if not call.params.get("NetworkInterfaces"):
        return
    for key, what in (
        ("SubnetId", "subnet ID"),
        ("SecurityGroupIds", "security groups"),
        ("PrivateIpAddress", "private address"),
    ):
        if call.params.get(key):
            raise AwsError(
                "InvalidParameterCombination",
                f"Network interfaces and an instance-level {what} may not be specified on the same request",
            )


def _check_zone(call: Call) -> None:
    subnet_id = _placement(call).subnet_id
    if not subnet_id:
        return
    zone = call.ec2.get_subnet(subnet_id).availability_zone
    name = call.params["InstanceType"]
    offered = offered_zones(call.region, name)
    if zone not in offered:
        raise AwsError(
            "Unsupported",
            f"Your requested instance type ({name}) is not supported in your requested Availability Zone ({zone}). "
            "Please retry your request by not specifying an Availability Zone or choosing "
            f"{', '.join(sorted(offered)) or 'another Region'}.",
        )


def _check_address(call: Call) -> None:
    place = _placement(call)
    address, subnet_id = place.address, place.subnet_id
    if subnet_id is None:
        return
    if address is None:
        _choose_address(call, subnet_id)
        return
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        raise invalid_parameter(
            f"Value ({address}) for parameter privateIpAddress is invalid. Not a valid IPv4 address."
        ) from None
    block = ipaddress.IPv4Network(call.ec2.get_subnet(subnet_id).cidr_block, strict=False)
    if parsed not in block:
        raise invalid_parameter("Address does not fall within the subnet's address range")
    first, last = int(block.network_address), int(block.broadcast_address)
    if int(parsed) < first + 4 or int(parsed) == last:
        raise invalid_parameter("Address is in subnet's reserved address range")
    if address in addresses_in_use(call.ec2, subnet_id):
        raise AwsError("InvalidIPAddress.InUse", f"Address {address} is in use.")


def _choose_address(call: Call, subnet_id: str) -> None:
    free = private_address(call.ec2, call.ec2.get_subnet(subnet_id))
    if free is None:
        raise AwsError(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{subnet_id}' to satisfy the requested number of "
            "instances.",
        )
    if int(call.params.get("MaxCount") or 1) == 1 and not call.params.get("NetworkInterfaces"):
        # moto's own choice knows nothing of the addresses of NAT gateways.
        call.params["PrivateIpAddress"] = free


def _check_groups(call: Call) -> None:
    place = _placement(call)
    groups = place.groups
    limit = call.world.quotas.value(GROUPS_PER_INTERFACE)
    if len(groups) > limit:
        raise AwsError(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    if not place.subnet_id:
        return
    subnet = call.ec2.get_subnet(place.subnet_id)
    for key in groups:
        group = call.ec2.get_security_group_from_id(key)
        if group is None:
            raise AwsError("InvalidGroup.NotFound", f"The security group '{key}' does not exist")
        if group.vpc_id != subnet.vpc_id:
            raise AwsError(
                "InvalidParameter",
                f"Security group {key} and subnet {subnet.id} belong to different networks.",
            )


def _check_profile(call: Call) -> None:
    named = call.params.get("IamInstanceProfile") or {}
    profiles = call.world.backend("iam", call.region).instance_profiles.values()
    for key, kind, known in (
        ("Name", "name", {profile.name for profile in profiles}),
        ("Arn", "arn", {profile.arn for profile in profiles}),
    ):
        if named.get(key) and named[key] not in known:
            raise invalid_parameter(
                f"Value ({named[key]}) for parameter iamInstanceProfile.{kind} is invalid. "
                f"Invalid IAM Instance Profile {'name' if key == 'Name' else 'ARN'}"
            )


def _vcpus(instance_type: str) -> int:
    info = instance_type_info(instance_type)
    return 0 if info is None else int(info["VCpuInfo"]["DefaultVCpus"])


def _check_vcpus(call: Call) -> None:
    wanted_type = str(call.params["InstanceType"])
    spot = (call.params.get("InstanceMarketOptions") or {}).get("MarketType") == "spot"
    code = vcpu_code(wanted_type, spot)
    if not code:
        return
    running = sum(
        _vcpus(each.instance_type)
        for each in call.ec2.all_instances()
        if each.state not in ("terminated", "stopped")
        and vcpu_code(each.instance_type, getattr(each, "lifecycle", None) == "spot") == code
    )
    wanted = _vcpus(wanted_type) * int(call.params.get("MaxCount") or 1)
    limit = call.world.quotas.value(("ec2", code))
    if not wanted or running + wanted <= limit:
        return
    if spot:
        raise AwsError("MaxSpotInstanceCountExceeded", "Max spot instance count exceeded")
    raise AwsError(
        "VcpuLimitExceeded",
        f"You have requested more vCPU capacity than your current vCPU limit of {limit:.0f} allows for the "
        "instance bucket that the specified instance type belongs to. Please visit "
        "http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
    )


def _check_count(call: Call) -> None:
    # moto starts MinCount instances; the program only ever asks for one.
    if any(int(call.params.get(key) or 1) != 1 for key in ("MinCount", "MaxCount")):
        least, most = int(call.params.get("MinCount") or 1), int(call.params.get("MaxCount") or 1)
        if least != most:
            raise AwsError("SandboxNotModelled", "The embedded AWS starts exactly MinCount = MaxCount instances", 501)
        if _placement(call).address:
            raise AwsError(
                "InvalidParameterCombination",
                "If you specify a private IP address, you can launch only one instance.",
            )


def install(rules: Rules) -> None:
    """Install the checks of RunInstances, in the order in which AWS is known to answer; all before anything
    is."""
    checks: Any = (
        _check_count,
        _check_interfaces,
        _check_image_and_type,
        _check_zone,
        _check_groups,
        _check_address,
        _check_profile,
        _check_vcpus,
    )
    for check in checks:
        rules.before("ec2", "RunInstances", rule=check)
