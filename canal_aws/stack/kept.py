"""What the stack's last state decided and the next `up` keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.settings import Settings
from canal_aws.stack.deployment import ARCHITECTURE_TAG, RANGE_TAGS

_VPC = "aws:ec2/vpc:Vpc"
_SUBNET = "aws:ec2/subnet:Subnet"
_INSTANCE = "aws:ec2/instance:Instance"
_NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
_BUCKET = "aws:s3/bucket:Bucket"
_CONTROL_PLANE = re.compile(r"control-plane-\d+")


def kept_from_resources(resources: Mapping[str, Mapping[str, Any]]) -> Kept:
    """From a map of URN to the resource's type and outputs."""
    zones: dict[str, str] = {}
    edge_zones: dict[str, str] = {}
    control_plane: dict[str, str] = {}
    workers: dict[str, IPv4Address] = {}
    nat_letters: set[str] = set()
    architecture: str | None = None
    bucket = False
    ranges: dict[str, str] = {}
    for urn, resource in resources.items():
        qualified_type, name = urn.split("::")[2:4]
        kind = qualified_type.split("$")[-1]
        outputs = resource.get("outputs") or resource
        zone = str(outputs.get("availabilityZone", ""))
        if kind == _SUBNET and zone:
            (edge_zones if name.startswith("edge-") else zones)[zone[-1]] = zone
        elif kind == _INSTANCE and _CONTROL_PLANE.fullmatch(name) and zone:
            control_plane[name] = zone
        elif kind == _INSTANCE and outputs.get("privateIp"):
            workers[name] = IPv4Address(outputs["privateIp"])
        elif kind == _VPC:
            architecture = (outputs.get("tags") or {}).get(ARCHITECTURE_TAG)
            ranges = _ranges(outputs)
        elif kind == _NAT_GATEWAY:
            nat_letters.add(name[-1])
        elif kind == _BUCKET:
            bucket = True
    return Kept(
        zones=tuple(sorted(zones.values())),
        edge_zones=tuple(sorted(edge_zones.values())),
        control_plane=control_plane,
        workers=workers,
        nat_zones=tuple(sorted(zone for letter, zone in edge_zones.items() if letter in nat_letters)),
        architecture=architecture,
        snapshot_bucket=bucket,
        ranges=ranges,
    )


def kept_tags(settings: Settings) -> dict[str, str]:
    """The VPC's tags from which the next `up` reads what the cluster was made with."""
    ranges = {
        "podCidr": settings.pod_cidr,
        "serviceCidr": settings.service_cidr,
        "nodePodCidrMask": settings.node_pod_cidr_mask,
    }
    return {ARCHITECTURE_TAG: settings.architecture, **{RANGE_TAGS[key]: str(value) for key, value in ranges.items()}}


def _ranges(vpc: Mapping[str, Any]) -> dict[str, str]:
    """What a VPC of the state tells of the ranges: one made by an earlier version tells its own alone."""
    tags = vpc.get("tags") or {}
    told = {"vpcCidr": vpc.get("cidrBlock"), **{key: tags.get(tag) for key, tag in RANGE_TAGS.items()}}
    return {key: str(value) for key, value in told.items() if value}
