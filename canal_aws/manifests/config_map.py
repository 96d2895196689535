"""The node agent's configuration: CNI, MTU, and flannel's network where flannel carries the packets.

Keys and their readers as in Calico's manifests/canal.yaml and calico.yaml at v3.32.1.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from architectures import Architecture, CalicoBird, Flannel, PodAddresses
from canal_aws.manifests.network import ClusterNetwork
from canal_aws.manifests.node_agent import node_agent
from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest

# What install-cni replaces, on the node, by a number without quotes (calico, cni-plugin/pkg/install).
_MTU_PLACEHOLDER = "__CNI_MTU__"


def config_map(architecture: Architecture, network: ClusterNetwork) -> Manifest:
    """The ConfigMap that the DaemonSet's containers read."""
    # The one line that somebody chose; all others follow from it. No Typha: its Service has no name, but upstream's
    # tooling expects the key.
    data = {"architecture": architecture.name, "typha_service_name": "none"}
    match architecture.networking:
        case Flannel(backend=backend):
            # Blank: flannel takes the interface of the default route.
            data |= {"canal_iface": "", "masquerade": "true"}
            data["net-conf.json"] = _text({"Network": network.pod_cidr, "Backend": {"Type": backend}})
        case CalicoBird():
            data["calico_backend"] = "bird"
    # Written out, never "0" for detection: Felix subtracts the overhead of Calico's own encapsulations only, and
    # would give pods under flannel's VXLAN the host's MTU.
    data["veth_mtu"] = str(architecture.pod_mtu(network.link_mtu))
    data["cni_network_config"] = cni_network_config(architecture)
    return manifest("v1", "ConfigMap", node_agent(architecture).config_map, namespace=NAMESPACE, data=data)


def fingerprint(config: Manifest) -> str:
    """What the ConfigMap's data hash to, whatever their order: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(json.dumps(config["data"], sort_keys=True).encode()).hexdigest()[:16]


def cni_network_config(architecture: Architecture) -> str:
    """The conflist before install-cni fills in its `__…__` placeholders; until then the MTU is no JSON number."""
    by_calico = architecture.pod_addresses is PodAddresses.CALICO_IPAM
    calico = {
        "type": "calico",
        "log_level": "info",
        "log_file_path": "/var/log/calico/cni/cni.log",
        "datastore_type": "kubernetes",
        "nodename": "__KUBERNETES_NODE_NAME__",
        "mtu": _MTU_PLACEHOLDER,
        "ipam": {"type": "calico-ipam"} if by_calico else {"type": "host-local", "subnet": "usePodCidr"},
        "policy": {"type": "k8s"},
        "kubernetes": {"kubeconfig": "__KUBECONFIG_FILEPATH__"},
    }
    portmap = {"type": "portmap", "snat": True, "capabilities": {"portMappings": True}}
    conflist = {"name": "k8s-pod-network", "cniVersion": "0.3.1", "plugins": [calico, portmap]}
    return _text(conflist).replace(f'"{_MTU_PLACEHOLDER}"', _MTU_PLACEHOLDER)


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"
