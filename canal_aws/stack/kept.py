"""What the stack's last state decided and the next `up` keeps, and the changes that it refuses for that reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.settings import Settings
from canal_aws.stack.deployment import ARCHITECTURE_TAG

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
    )


class RefusedChange(CanalError):
    """The configuration asks for what a living stack cannot become."""


def refuse_changes(settings: Settings, kept: Kept, zones: tuple[str, ...]) -> None:
    """RefusedChange where the configuration asks for one of the changes below; `zones` are the plan's."""
    _refuse_another_architecture(settings, kept)
    _refuse_fewer_control_plane_nodes(settings, kept)
    _refuse_to_leave_a_control_planes_zone(kept, zones)


def _refuse_another_architecture(settings: Settings, kept: Kept) -> None:
    """Running pods would lose their network."""
    if kept.architecture not in (None, settings.architecture):
        raise RefusedChange(
            f"architecture = {settings.architecture}: this stack runs {kept.architecture}, and flannel and Calico cannot "
            "be switched under running pods; make a new stack with `pulumi stack init`, move the workloads there and "
            f"destroy this one, or set architecture = {kept.architecture} again"
        )


def _refuse_fewer_control_plane_nodes(settings: Settings, kept: Kept) -> None:
    """etcd would count the nodes that are taken away all the same."""
    standing = len(kept.control_plane)
    if settings.control_plane_nodes < standing:
        quorum = standing // 2 + 1
        raise RefusedChange(
            f"controlPlaneNodes = {settings.control_plane_nodes}: this stack has {standing}, and etcd counts every member "
            f"until it is removed from the cluster. Instances that are simply deleted leave {settings.control_plane_nodes} "
            f"of {standing} members where {quorum} are needed to decide anything, and the API stops for good; "
            f"set controlPlaneNodes = {standing} (or more), or make a new stack and move the workloads there"
        )


def _refuse_to_leave_a_control_planes_zone(kept: Kept, zones: tuple[str, ...]) -> None:
    """The etcd member of a control-plane node cannot move."""
    leaving = {name: zone for name, zone in sorted(kept.control_plane.items()) if zone not in zones}
    if leaving:
        named = ", ".join(f"{name} in {zone}" for name, zone in leaving.items())
        raise RefusedChange(
            f"availabilityZones = {', '.join(zones)}: {named} would be replaced in another zone, and "
            "with it the etcd data that only it has, or a quorum at once; "
            f"keep {', '.join(sorted(set(leaving.values())))} among the zones, or make a new stack"
        )
