"""flannel beside Felix, where flannel carries the pods' packets."""

from __future__ import annotations

from canal_aws.manifests.cni import PRIVILEGED
from canal_aws.manifests.images import FLANNEL
from canal_aws.manifests.node_agent import NodeAgent
from canal_aws.manifests.objects import Manifest, env_config, env_field
from canal_aws.manifests.volumes import FLANNEL_CONFIG, mount

# flannel, main.go: the flags and what each does. FLANNELD_* sets the flag of that name.
_COMMAND = [
    "/opt/bin/flanneld",
    # Masquerades what leaves the pod network: Calico has no IPPool here that would.
    "--ip-masq",
    # With Calico there is no bridge that answers for the node's pod CIDR: a packet to a pod that is gone would
    # otherwise travel between the node and its router until its TTL ends.
    "--ip-blackhole-route",
    # Leases come from node.spec.podCIDR instead of etcd.
    "--kube-subnet-mgr",
]


def kube_flannel(agent: NodeAgent) -> Manifest:
    """The container kube-flannel: canal.yaml's, with a newer flannel and the blackhole route."""
    return {
        "name": "kube-flannel",
        "image": FLANNEL,
        "imagePullPolicy": "IfNotPresent",
        "command": list(_COMMAND),
        "env": [
            env_field("POD_NAME", "metadata.name"),
            env_field("POD_NAMESPACE", "metadata.namespace"),
            env_config("FLANNELD_IFACE", agent.config_map, "canal_iface"),
            env_config("FLANNELD_IP_MASQ", agent.config_map, "masquerade"),
        ],
        "volumeMounts": [mount("xtables-lock", "/run/xtables.lock"), mount(FLANNEL_CONFIG, "/etc/kube-flannel/")],
        "securityContext": PRIVILEGED,
    }
