"""The init containers that prepare a node for Calico's CNI plugin.

Commands, environment and mounts as in Calico's manifests/canal.yaml and calico.yaml at v3.32.1.
"""

from __future__ import annotations

from architectures import Architecture, PodAddresses
from canal_aws.manifests.images import CALICO_CNI, CALICO_NODE
from canal_aws.manifests.node_agent import NodeAgent, cni_account_env
from canal_aws.manifests.objects import Manifest, env_config, env_field, env_value
from canal_aws.manifests.volumes import mount

#: Where an operator may name the API server directly (Calico, "Enable the eBPF data plane"): optional, absent here.
SERVICES_ENDPOINT = [{"configMapRef": {"name": "kubernetes-services-endpoint", "optional": True}}]
PRIVILEGED = {"privileged": True}


def init_containers(architecture: Architecture, agent: NodeAgent) -> list[Manifest]:
    """What runs before the agent, in this order."""
    containers = [_install_cni(agent), _ebpf_bootstrap()]
    if architecture.pod_addresses is PodAddresses.CALICO_IPAM:
        containers.insert(0, _upgrade_ipam(agent))
    return containers


def _upgrade_ipam(agent: NodeAgent) -> Manifest:
    """Takes over the addresses that host-local gave to pods of an older network; nothing to do on a new node."""
    return {
        "name": "upgrade-ipam",
        "image": CALICO_CNI,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/opt/cni/bin/calico-ipam", "-upgrade"],
        "envFrom": SERVICES_ENDPOINT,
        "env": [
            env_field("KUBERNETES_NODE_NAME", "spec.nodeName"),
            env_config("CALICO_NETWORKING_BACKEND", agent.config_map, "calico_backend"),
        ],
        "volumeMounts": [
            mount("host-local-net-dir", "/var/lib/cni/networks"),
            mount("cni-bin-dir", "/host/opt/cni/bin"),
        ],
        "securityContext": PRIVILEGED,
    }


def _install_cni(agent: NodeAgent) -> Manifest:
    """Puts the plugins, their configuration and a kubeconfig on the node."""
    return {
        "name": "install-cni",
        "image": CALICO_CNI,
        "imagePullPolicy": "IfNotPresent",
        "command": ["/opt/cni/bin/install"],
        "envFrom": SERVICES_ENDPOINT,
        "env": [
            *cni_account_env(agent),
            env_value("CNI_CONF_NAME", agent.cni_conf_name),
            env_config("CNI_NETWORK_CONFIG", agent.config_map, "cni_network_config"),
            env_field("KUBERNETES_NODE_NAME", "spec.nodeName"),
            env_config("CNI_MTU", agent.config_map, "veth_mtu"),
            # Ends when it is done, as an init container must.
            env_value("SLEEP", "false"),
        ],
        "volumeMounts": [
            mount("cni-bin-dir", "/host/opt/cni/bin"),
            mount("cni-net-dir", "/host/etc/cni/net.d"),
        ],
        "securityContext": PRIVILEGED,
    }


def _ebpf_bootstrap() -> Manifest:
    """Mounts the BPF and cgroup file systems; best effort, since the iptables data plane does without."""
    return {
        "name": "ebpf-bootstrap",
        "image": CALICO_NODE,
        "imagePullPolicy": "IfNotPresent",
        "command": ["calico-node", "-init", "-best-effort"],
        "volumeMounts": [
            mount("sys-fs", "/sys/fs", bidirectional=True),
            mount("var-run-calico", "/var/run/calico", bidirectional=True),
            mount("nodeproc", "/nodeproc", read_only=True),
        ],
        "securityContext": PRIVILEGED,
    }
