"""The addresses that Calico IPAM hands out, and how packets between them travel."""

from __future__ import annotations

from architectures import Architecture, CalicoBird, PodAddresses
from canal_aws.manifests.network import ClusterNetwork
from canal_aws.manifests.objects import Manifest, env_value, manifest

#: The name that calico-node gives the pool which it makes where nobody says NO_DEFAULT_POOLS; tools look for it.
NAME = "default-ipv4-ippool"
# Addresses are given to nodes in blocks of this prefix length (Calico's default for IPv4).
_BLOCK_SIZE = 26


def pool_env(architecture: Architecture, network: ClusterNetwork) -> list[Manifest]:
    """The same pool as what calico-node is told to make when it first starts (calico, node/pkg/lifecycle/startup).

    Later changes of these variables change nothing: the pool is there. What they leave out is as in `ip_pool` by default.
    """
    networking = architecture.networking
    return [
        env_value("CALICO_IPV4POOL_CIDR", network.pod_cidr),
        env_value("CALICO_IPV4POOL_BLOCK_SIZE", str(_BLOCK_SIZE)),
        env_value("CALICO_IPV4POOL_IPIP", networking.ipip_mode if isinstance(networking, CalicoBird) else "Never"),
        env_value("CALICO_IPV4POOL_VXLAN", "Never"),
        env_value("CALICO_IPV4POOL_NAT_OUTGOING", "true"),
    ]


def ip_pool(architecture: Architecture, network: ClusterNetwork) -> Manifest | None:
    """The cluster's one pool; None where pods take their addresses from node.spec.podCIDR.

    Everything that Calico's client would default is written out (calico, libcalico-go/lib/clientv3/ippool.go):
    what goes through the Kubernetes API directly passes by those defaults.
    """
    if architecture.pod_addresses is not PodAddresses.CALICO_IPAM:
        return None
    networking = architecture.networking
    spec = {
        "cidr": network.pod_cidr,
        "blockSize": _BLOCK_SIZE,
        "ipipMode": networking.ipip_mode if isinstance(networking, CalicoBird) else "Never",
        "vxlanMode": "Never",
        # The internet gateway and NAT gateways translate addresses of instances only.
        "natOutgoing": True,
        "nodeSelector": "all()",
        "allowedUses": ["Workload", "Tunnel"],
        "assignmentMode": "Automatic",
    }
    return manifest("crd.projectcalico.org/v1", "IPPool", NAME, spec=spec)
