"""How many nodes the addresses of a choice of settings hold, and which of them says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from architectures import PodAddresses

if TYPE_CHECKING:
    from canal_aws.settings import Settings

#: A zone's slot is the place of its letter here. No Region has a zone past f today; two are spare.
ZONE_LETTERS = "abcdefgh"

# The first four addresses of a subnet and its last are AWS's (VPC User Guide, "Subnet CIDR blocks"); some after them
# are for control-plane nodes.
FIRST_WORKER_HOST = 16
_LAST_RESERVED = 1

#: Pod CIDRs of a zone: the first five are for control-plane nodes, of which there are five at most.
CONTROL_PLANE_POD_CIDRS = 5

#: Calico hands a node addresses in blocks of this prefix (IPPool, blockSize, default 26).
CALICO_BLOCK_PREFIX = 26


@dataclass(frozen=True)
class Limit:
    """How many nodes fit, and the setting (`bound_by`, with its value) that says so."""

    limit: int
    bound_by: str
    value: str


def pod_cidrs(settings: Settings) -> int:
    """Pod CIDRs of one node's size that the cluster's pod CIDR holds."""
    return 1 << (settings.node_pod_cidr_mask - settings.pod_cidr.prefixlen)


def workers_per_zone_limit(settings: Settings) -> Limit:
    """Workers that one zone can take: by its subnet, and by its share of the pod CIDRs where the program plans them."""
    nodes_prefix = settings.vpc_cidr.prefixlen + 4
    by_subnet = (1 << (32 - nodes_prefix)) - FIRST_WORKER_HOST - _LAST_RESERVED
    limits = [Limit(by_subnet, "vpcCidr", str(settings.vpc_cidr))]
    if settings.description.plans_pod_cidrs:
        by_pods = pod_cidrs(settings) // len(ZONE_LETTERS) - CONTROL_PLANE_POD_CIDRS
        limits.append(Limit(max(by_pods, 0), "podCidr", str(settings.pod_cidr)))
    return min(limits, key=lambda each: each.limit)


def cluster_limit(settings: Settings) -> Limit:
    """Nodes, control plane too, that the pod CIDR carries in this architecture: a block of its own for each."""
    if settings.description.pod_addresses is PodAddresses.CALICO_IPAM:
        blocks = 1 << max(CALICO_BLOCK_PREFIX - settings.pod_cidr.prefixlen, 0)
    else:
        blocks = pod_cidrs(settings)
    return Limit(blocks, "podCidr", str(settings.pod_cidr))


def node_limit(settings: Settings, zones: int) -> Limit:
    """Nodes that this many zones can hold in the settings' architecture, by addresses alone (routes: route_budget)."""
    per_zone = workers_per_zone_limit(settings)
    by_zones = Limit(per_zone.limit * zones + settings.control_plane_nodes, per_zone.bound_by, per_zone.value)
    return min(by_zones, cluster_limit(settings), key=lambda each: each.limit)
