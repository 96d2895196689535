"""Addresses: what subnets, pod CIDR and flannel's network hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import IPv4Network

from architectures import PodAddresses
from canal_aws.address_limits import CALICO_BLOCK_PREFIX, cluster_limit, workers_per_zone_limit
from canal_aws.manifests import ClusterNetwork
from canal_aws.manifests.config_map import config_map
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.quotas import NEAR_SHARE


@check("subnet-addresses", group="addresses", source="VPC User Guide, Subnet CIDR blocks: five addresses are AWS's")
def workers_fit_their_subnets(plan: Plan) -> Iterator[Finding]:
    """Each zone's subnet, and its share of planned pod CIDRs, has room for its workers."""
    limit = workers_per_zone_limit(plan.settings)
    for zone in plan.addresses.zones:
        workers = sum(node.role == "worker" and node.zone == zone.name for node in plan.addresses.nodes)
        what = f"{zone.name}: {workers:,} of {limit.limit:,} workers that {limit.bound_by} = {limit.value} has room for"
        yield _compared(workers, limit.limit, what, f"a larger {limit.bound_by}, or another zone")


@check("pod-cidr", group="addresses", source="kube-controller-manager --node-cidr-mask-size; Calico, IPPool blockSize")
def nodes_fit_the_pod_cidr(plan: Plan) -> Iterator[Finding]:
    """The pod CIDR holds a block for each node: its podCIDR, or with Calico's IPAM at least one block of addresses."""
    limit = cluster_limit(plan.settings)
    unit = "podCIDRs"
    if plan.architecture.pod_addresses is PodAddresses.CALICO_IPAM:
        unit = f"IPAM blocks of /{CALICO_BLOCK_PREFIX}"
    what = f"{plan.nodes:,} nodes, and {limit.bound_by} = {limit.value} holds {limit.limit:,} {unit}"
    yield _compared(plan.nodes, limit.limit, what, f"choose a larger {limit.bound_by}")


@check("flannel-network", group="addresses", source='flannel, pkg/subnet/kube: "… doesn\'t contain … PodCIDR"')
def flannels_network_holds_every_pod_cidr(plan: Plan) -> Iterator[Finding]:
    """flannel's Network contains every node's podCIDR; it refuses a node whose podCIDR lies outside."""
    settings = plan.settings
    network = ClusterNetwork(str(settings.pod_cidr), str(settings.service_cidr), settings.node_pod_cidr_mask)
    configured = config_map(plan.architecture, network)["data"].get("net-conf.json")
    if configured is None:
        yield ok("no flannel in this architecture")
        return
    whole = IPv4Network(json.loads(configured)["Network"])
    planned = [node.pod_cidr for node in plan.addresses.nodes if node.pod_cidr] or [settings.pod_cidr]
    outside = [str(each) for each in planned if not each.subnet_of(whole)]
    if outside:
        yield fails(f"flannel's Network {whole} does not contain {', '.join(outside[:5])}", "use one podCidr for both")
    else:
        yield ok(f"flannel's Network {whole} contains every podCIDR")


def _compared(count: int, limit: int, what: str, way_out: str) -> Finding:
    if count > limit:
        return fails(what, way_out)
    return warning(what, way_out) if count >= NEAR_SHARE * limit else ok(what)
