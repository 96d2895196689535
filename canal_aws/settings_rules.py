"""Which settings go together: rules that read more than one value, or a value against what AWS and Kubernetes take."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from canal_aws import address_limits
from canal_aws.settings_fields import Violation

if TYPE_CHECKING:
    from canal_aws.settings import Settings


def violations_between(settings: Settings) -> Iterator[Violation]:
    """Every violation that shows only when settings are read together."""
    yield from _networks(settings)
    yield from _nodes(settings)
    yield from _access(settings)
    yield from _add_ons(settings)


def _networks(settings: Settings) -> Iterator[Violation]:
    vpc, pods, services = settings.vpc_cidr, settings.pod_cidr, settings.service_cidr
    # VPC User Guide, "VPC CIDR blocks": /16 to /28; below /22 there is no room for a zone's two subnets.
    if not 16 <= vpc.prefixlen <= 22:
        yield Violation(
            "vpcCidr",
            vpc,
            "AWS takes /16 at most, and eight zone slots need /22 at least",
            "choose a prefix from /16 to /22",
        )
    if not any(vpc.subnet_of(private) for private in _RFC_1918_AND_SHARED):
        yield Violation(
            "vpcCidr", vpc, "not a private range", "choose one from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        )
    for key, network, other_key, other, reason in (
        (
            "podCidr",
            pods,
            "vpcCidr",
            vpc,
            "a VPC route cannot be more specific than the VPC's own, so pods need a range outside",
        ),
        ("serviceCidr", services, "vpcCidr", vpc, "a service's address would hide an instance's"),
        ("podCidr", pods, "serviceCidr", services, "a pod and a service could have the same address"),
    ):
        if network.overlaps(other):
            yield Violation(
                key, network, f"overlaps {other_key} = {other}: {reason}", "choose ranges apart", related=(other_key,)
            )
    # kube-apiserver, --service-cluster-ip-range: at most /12 (20 bits); kubeadm itself needs the 10th address for DNS.
    if not 12 <= services.prefixlen <= 24:
        yield Violation(
            "serviceCidr", services, "kube-apiserver takes /12 at most, and a cluster needs /24", "choose /12 to /24"
        )
    # kube-controller-manager refuses a node mask more than 16 bits longer than the cluster's.
    if not pods.prefixlen <= settings.node_pod_cidr_mask <= pods.prefixlen + 16:
        yield Violation(
            "nodePodCidrMask",
            settings.node_pod_cidr_mask,
            f"does not divide podCidr = {pods} (from its own prefix to 16 bits more)",
            f"choose from {max(pods.prefixlen, 16)} to {min(pods.prefixlen + 16, 28)}, or a larger podCidr",
            related=("podCidr",),
        )


_RFC_1918_AND_SHARED = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))


def _nodes(settings: Settings) -> Iterator[Violation]:
    if settings.control_plane_nodes % 2 == 0:
        yield Violation(
            "controlPlaneNodes",
            settings.control_plane_nodes,
            "an even etcd cluster tolerates no more failures",
            "set 1, 3 or 5",
        )
    zones = settings.availability_zones
    count = zones if isinstance(zones, int) else len(zones)
    if isinstance(zones, tuple):
        unplaced = [name for name in zones if name[-1] not in address_limits.ZONE_LETTERS]
        if unplaced:
            yield Violation(
                "availabilityZones", zones, f"no slot in the address plan for {', '.join(unplaced)}", "use zones a to h"
            )
        if len({name[:-1] for name in zones}) > 1:
            yield Violation("availabilityZones", zones, "zones of more than one Region", "name zones of one Region")
    yield from _capacity(settings, count)


def _capacity(settings: Settings, zones: int) -> Iterator[Violation]:
    if not 16 <= settings.vpc_cidr.prefixlen <= 22 or settings.node_pod_cidr_mask < settings.pod_cidr.prefixlen:
        return
    per_zone = address_limits.workers_per_zone_limit(settings)
    wanted = sum(pool.count_per_zone for pool in settings.pools)
    key: str = "workerPools" if settings.worker_pools else "workersPerZone"
    counts = "+".join(str(pool.count_per_zone) for pool in settings.pools)
    beside = ("workersPerZone",) if settings.worker_pools else ()
    if wanted > per_zone.limit:
        yield Violation(
            key,
            counts,
            f"{per_zone.bound_by} = {per_zone.value} has room for {per_zone.limit:,} workers in a zone",
            f"set {per_zone.limit:,} at most, or a larger {per_zone.bound_by}",
            related=(per_zone.bound_by, *beside),
        )
    nodes = settings.control_plane_nodes + zones * wanted
    cluster = address_limits.cluster_limit(settings)
    if nodes > cluster.limit:
        yield Violation(
            key,
            counts,
            f"{nodes:,} nodes, and {cluster.bound_by} = {cluster.value} holds {cluster.limit:,}",
            f"use fewer nodes or a larger {cluster.bound_by}",
            related=(cluster.bound_by, "availabilityZones", *beside),
        )


def _add_ons(settings: Settings) -> Iterator[Violation]:
    if settings.ebs_csi_driver and not settings.cloud_controller_manager:
        yield Violation(
            "ebsCsiDriver",
            settings.ebs_csi_driver,
            "places volumes by the zone that the AWS cloud controller manager gives each Node",
            "set cloudControllerManager = true too, or leave it out",
            related=("cloudControllerManager",),
        )


def _access(settings: Settings) -> Iterator[Violation]:
    if settings.api_access == "public" and not settings.api_allowed_cidrs:
        yield Violation(
            "apiAllowedCidrs",
            settings.api_allowed_cidrs,
            "a public API needs to know from where it may be reached",
            'set it, like ["203.0.113.0/24"] (0.0.0.0/0 opens it to everyone), or apiAccess = private',
            related=("apiAccess",),
        )
    # A load balancer's group takes 60 rules by default (L-0EA8095F).
    if len(settings.api_allowed_cidrs) > 50:
        yield Violation(
            "apiAllowedCidrs",
            f"{len(settings.api_allowed_cidrs)} blocks",
            "a security group takes 60 rules by default",
            "join them into 50 blocks at most",
        )
    if settings.topology == "public" and settings.nat_gateways == "per-zone":
        yield Violation(
            "natGateways",
            settings.nat_gateways,
            "a public topology has no NAT gateways",
            "leave it out",
            related=("topology",),
        )
