"""The container calico-node: Felix for policy, and BIRD where Calico carries the pods' packets.

Environment, probes and mounts as in Calico's manifests/canal.yaml and calico.yaml at v3.32.1; what differs from them
stands in docs/manifests.md with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence

from architectures import Architecture, CalicoBird, PodAddresses
from canal_aws.manifests.cni import PRIVILEGED, SERVICES_ENDPOINT
from canal_aws.manifests.images import CALICO_NODE
from canal_aws.manifests.node_agent import NodeAgent, cni_account_env
from canal_aws.manifests.objects import Manifest, env_config, env_field, env_value, exec_probe
from canal_aws.manifests.volumes import mount

_BINARY = "/bin/calico-node"

# Felix's default (calico, felix/config/config_params.go, MTUIfacePattern) with X added: Xen instance types call
# their interface enX0, Felix would not recognise it and take the network's MTU to be 1460.
_MTU_IFACE_PATTERN = "^((en|wl|ww|sl|ib)[PXcopsvx].*|(eth|wlan|wwan).*)"

_MOUNTS = (
    mount("cni-net-dir", "/host/etc/cni/net.d"),
    mount("lib-modules", "/lib/modules", read_only=True),
    mount("xtables-lock", "/run/xtables.lock"),
    mount("var-run-calico", "/var/run/calico"),
    mount("var-lib-calico", "/var/lib/calico"),
    mount("policysync", "/var/run/nodeagent"),
    mount("bpffs", "/sys/fs/bpf"),
    mount("cni-log-dir", "/var/log/calico/cni", read_only=True),
)


def calico_node(architecture: Architecture, agent: NodeAgent, pool: Sequence[Manifest] = ()) -> Manifest:
    """The container, with what the architecture asks of it; `pool` describes an IPPool that it is to make itself."""
    return {
        "name": "calico-node",
        "image": CALICO_NODE,
        "imagePullPolicy": "IfNotPresent",
        "envFrom": SERVICES_ENDPOINT,
        "env": _environment(architecture, agent, pool),
        "resources": {"requests": {"cpu": "250m"}},
        "lifecycle": {"preStop": {"exec": {"command": [_BINARY, "-shutdown"]}}},
        **_probes(architecture),
        "volumeMounts": [dict(item) for item in _MOUNTS],
        "securityContext": PRIVILEGED,
    }


def _environment(architecture: Architecture, agent: NodeAgent, pool: Sequence[Manifest]) -> list[Manifest]:
    routing = isinstance(architecture.networking, CalicoBird)
    environment = [
        env_value("DATASTORE_TYPE", "kubernetes"),
        env_value("WAIT_FOR_DATASTORE", "true"),
        env_field("NODENAME", "spec.nodeName"),
        *cni_account_env(agent),
        env_value("CLUSTER_TYPE", agent.cluster_type),
        # The pool that calico-node would make untold has the wrong mode for IPIP across subnets only, cannot be changed
        # afterwards, and beside flannel would make Felix masquerade a second time.
        *(pool or [env_value("NO_DEFAULT_POOLS", "true")]),
        env_value("CALICO_DISABLE_FILE_LOGGING", "true"),
        # Pods may reach their own node; the policies of the cluster decide the rest.
        env_value("FELIX_DEFAULTENDPOINTTOHOSTACTION", "ACCEPT"),
        env_value("FELIX_IPV6SUPPORT", "false"),
        env_value("FELIX_HEALTHENABLED", "true"),
        env_value("FELIX_MTUIFACEPATTERN", _MTU_IFACE_PATTERN),
    ]
    if architecture.pod_addresses is not PodAddresses.CALICO_IPAM:
        environment.append(env_value("USE_POD_CIDR", "true"))
    if routing:
        environment += [
            env_config("CALICO_NETWORKING_BACKEND", agent.config_map, "calico_backend"),
            env_value("IP", "autodetect"),
            env_config("FELIX_IPINIPMTU", agent.config_map, "veth_mtu"),
        ]
    else:
        environment += [
            env_value("CALICO_NETWORKING_BACKEND", "none"),
            env_value("IP", ""),
            # flannel writes to the same tables.
            env_value("FELIX_IPTABLESREFRESHINTERVAL", "60"),
        ]
    return environment


def _probes(architecture: Architecture) -> Manifest:
    live = [_BINARY, "-felix-live"]
    ready: Manifest
    if isinstance(architecture.networking, CalicoBird):
        live.append("-bird-live")
        ready = exec_probe([_BINARY, "-felix-ready", "-bird-ready"], periodSeconds=10, timeoutSeconds=10)
    else:
        endpoint = {"host": "localhost", "port": 9099, "path": "/readiness"}
        ready = {"httpGet": endpoint, "periodSeconds": 10, "timeoutSeconds": 10}
    return {
        "livenessProbe": exec_probe(
            live, periodSeconds=10, initialDelaySeconds=10, failureThreshold=6, timeoutSeconds=10
        ),
        "readinessProbe": ready,
    }
