"""What the stack's last state decided and the next `up` keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.settings import Settings
from canal_aws.stack import standing
from canal_aws.stack.deployment import ARCHITECTURE_TAG, KUBERNETES_TAG, RANGE_TAGS

_VPC = "aws:ec2/vpc:Vpc"
_SUBNET = "aws:ec2/subnet:Subnet"
_INSTANCE = "aws:ec2/instance:Instance"
_NAT_GATEWAY = "aws:ec2/natGateway:NatGateway"
_BUCKET = "aws:s3/bucket:Bucket"
_LOAD_BALANCER = "aws:lb/loadBalancer:LoadBalancer"
_ROUTE_TABLE = "aws:ec2/routeTable:RouteTable"
_ROUTE = "aws:ec2/route:Route"
_CONTROL_PLANE = re.compile(r"control-plane-\d+")


def kept_from_resources(resources: Mapping[str, Mapping[str, Any]]) -> Kept:
    """From a map of URN to the resource's type and outputs."""
    zones: dict[str, str] = {}
    edge_zones: dict[str, str] = {}
    control_plane: dict[str, str] = {}
    workers: dict[str, IPv4Address] = {}
    nat_letters: set[str] = set()
    architecture: str | None = None
    kubernetes_minor: str | None = None
    node_subnets: dict[str, Mapping[str, Any]] = {}
    load_balancers: set[str] = set()
    route_tables: set[str] = set()
    routes: set[str] = set()
    bucket = False
    ranges: dict[str, str] = {}
    for urn, resource in resources.items():
        qualified_type, name = urn.split("::")[2:4]
        kind = qualified_type.split("$")[-1]
        outputs = resource.get("outputs") or resource
        zone = str(outputs.get("availabilityZone", ""))
        if kind == _SUBNET and zone:
            (edge_zones if name.startswith("edge-") else zones)[zone[-1]] = zone
            if name.startswith("nodes-"):
                node_subnets[name] = outputs
        elif kind == _INSTANCE and _CONTROL_PLANE.fullmatch(name) and zone:
            control_plane[name] = zone
        elif kind == _INSTANCE and outputs.get("privateIp"):
            workers[name] = IPv4Address(outputs["privateIp"])
        elif kind == _VPC:
            architecture = (outputs.get("tags") or {}).get(ARCHITECTURE_TAG)
            kubernetes_minor = (outputs.get("tags") or {}).get(KUBERNETES_TAG)
            ranges = _ranges(outputs)
        elif kind == _NAT_GATEWAY:
            nat_letters.add(name[-1])
        elif kind == _BUCKET:
            bucket = True
        elif kind == _LOAD_BALANCER:
            load_balancers.add(name)
        elif kind == _ROUTE_TABLE:
            route_tables.add(name)
        elif kind == _ROUTE:
            routes.add(name)
    topology = standing.topology(node_subnets)
    return Kept(
        zones=tuple(sorted(zones.values())),
        edge_zones=tuple(sorted(edge_zones.values())),
        control_plane=control_plane,
        workers=workers,
        nat_zones=tuple(sorted(zone for letter, zone in edge_zones.items() if letter in nat_letters)),
        pod_routes=standing.pod_routes(routes, route_tables),
        architecture=architecture,
        snapshot_bucket=bucket,
        ranges=ranges,
        # A first `up` that failed before its first node has nothing yet that could break.
        api_access=standing.api_access(load_balancers) if control_plane else None,
        topology=topology if control_plane else None,
        nat_gateways=standing.nat_gateways(route_tables) if control_plane and topology == "private" else None,
        kubernetes_minor=kubernetes_minor if control_plane else None,
    )


def kept_tags(settings: Settings) -> dict[str, str]:
    """The VPC's tags from which the next `up` reads what the cluster was made with."""
    ranges = {
        "podCidr": settings.pod_cidr,
        "serviceCidr": settings.service_cidr,
        "nodePodCidrMask": settings.node_pod_cidr_mask,
    }
    return {
        ARCHITECTURE_TAG: settings.architecture,
        KUBERNETES_TAG: settings.kubernetes_minor,
        **{RANGE_TAGS[key]: str(value) for key, value in ranges.items()},
    }


def _ranges(vpc: Mapping[str, Any]) -> dict[str, str]:
    """What a VPC of the state tells of the ranges: one made by an earlier version tells its own alone."""
    tags = vpc.get("tags") or {}
    told = {"vpcCidr": vpc.get("cidrBlock"), **{key: tags.get(tag) for key, tag in RANGE_TAGS.items()}}
    return {key: str(value) for key, value in told.items() if value}
