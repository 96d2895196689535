"""flannel beside Felix, where flannel carries the pods' packets."""

from __future__ import annotations

from canal_aws.manifests.cni import PRIVILEGED
from canal_aws.manifests.images import FLANNEL
from canal_aws.manifests.node_agent import NodeAgent
from canal_aws.manifests.objects import Manifest, env_config, env_field
from canal_aws.manifests.volumes import FLANNEL_CONFIG, mount

_HEALTHZ_HOST, _HEALTHZ_PORT = "127.0.0.1", 8081  # the port of flannel's own manifest

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
    # Both endpoints are for the kubelet beside it alone: the pod has the node's own network.
    f"--healthz-ip={_HEALTHZ_HOST}",
    f"--healthz-port={_HEALTHZ_PORT}",
]


def kube_flannel(agent: NodeAgent) -> Manifest:
    """The container kube-flannel: canal.yaml's, with a newer flannel, the blackhole route, and the probes and requests
    of flannel's own manifest (Documentation/kube-flannel.yml at v0.28.10)."""
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
        "resources": {"requests": {"cpu": "100m", "memory": "50Mi"}},
        # /readyz answers 200 once the lease is written and the masquerade rules are in place.
        "livenessProbe": _probe("/healthz", initialDelaySeconds=10, periodSeconds=30),
        "readinessProbe": _probe("/readyz", initialDelaySeconds=5, periodSeconds=10),
        "volumeMounts": [mount("xtables-lock", "/run/xtables.lock"), mount(FLANNEL_CONFIG, "/etc/kube-flannel/")],
        "securityContext": PRIVILEGED,
    }


def _probe(path: str, **timing: int) -> Manifest:
    return {"httpGet": {"host": _HEALTHZ_HOST, "path": path, "port": _HEALTHZ_PORT}, **timing}
