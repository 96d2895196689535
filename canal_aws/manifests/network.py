"""What Canal must know of the cluster that it is put on: addresses and the MTU underneath."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from canal_aws.errors import CanalError

# What every IPv4 host must be able to receive (RFC 791, section 3.1).
_SMALLEST_MTU = 576
# EC2 carries frames of up to 9001 bytes (EC2 User Guide, "Network maximum transmission unit (MTU)").
_LARGEST_MTU = 9001
# Calico IPAM takes a /26 at a time and needs one at least (libcalico-go, clientv3/ippool.go).
_SMALLEST_POD_PREFIX = 26


class ClusterNetworkError(CanalError):
    """A cluster's addresses that Canal cannot be configured for."""


@dataclass(frozen=True)
class ClusterNetwork:
    """The cluster's networks, as kubeadm's podSubnet and serviceSubnet spell them (IPv4 CIDR).

    `node_pod_cidr_mask` is the prefix length of a node's share of `pod_cidr`; `link_mtu` is what the nodes' network
    carries, in bytes. Raises ClusterNetworkError for values that no cluster can have.
    """

    pod_cidr: str
    service_cidr: str
    node_pod_cidr_mask: int = 24
    link_mtu: int = 9001

    def __post_init__(self) -> None:
        pods = _network("podCidr", self.pod_cidr)
        services = _network("serviceCidr", self.service_cidr)
        if pods.overlaps(services):
            raise ClusterNetworkError(
                f"podCidr {self.pod_cidr} overlaps serviceCidr {self.service_cidr}: "
                "an address would be a pod and a service at once; choose two networks that are apart"
            )
        if pods.prefixlen > _SMALLEST_POD_PREFIX:
            raise ClusterNetworkError(
                f"podCidr {self.pod_cidr} is smaller than the /{_SMALLEST_POD_PREFIX} that one node takes; "
                "choose a larger network, such as 10.128.0.0/13"
            )
        if not pods.prefixlen <= self.node_pod_cidr_mask <= 30:
            raise ClusterNetworkError(
                f"nodePodCidrMask {self.node_pod_cidr_mask} gives no node a share of podCidr {self.pod_cidr}; "
                f"choose a prefix length from {pods.prefixlen} to 30"
            )
        if not _SMALLEST_MTU <= self.link_mtu <= _LARGEST_MTU:
            raise ClusterNetworkError(
                f"link MTU {self.link_mtu} is not one that EC2 has; "
                f"choose a number of bytes from {_SMALLEST_MTU} to {_LARGEST_MTU}"
            )


def _network(field: str, value: str) -> IPv4Network:
    try:
        return IPv4Network(value)
    except ValueError as error:
        raise ClusterNetworkError(
            f"{field} {value!r} is not an IPv4 network ({error}); write it like 10.128.0.0/13"
        ) from None
