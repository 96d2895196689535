"""What each container of the node agents has, as a table of facts: taken from upstream's manifests at Calico v3.32.1.

Our own choices are named as such; docs/manifests.md gives their reasons.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from architectures import ARCHITECTURES, Architecture, Flannel
from canal_aws.manifests import ClusterNetwork, build

NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")
ON_EACH = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)

CALICO_NODE = {
    *("DATASTORE_TYPE", "WAIT_FOR_DATASTORE", "NODENAME", "CALICO_NETWORKING_BACKEND", "CLUSTER_TYPE", "IP"),
    *("CALICO_DISABLE_FILE_LOGGING", "FELIX_DEFAULTENDPOINTTOHOSTACTION", "FELIX_IPV6SUPPORT", "FELIX_HEALTHENABLED"),
    *("NO_DEFAULT_POOLS", "FELIX_MTUIFACEPATTERN"),  # ours
}
INSTALL_CNI = {"CNI_CONF_NAME", "CNI_NETWORK_CONFIG", "KUBERNETES_NODE_NAME", "CNI_MTU", "SLEEP"}
ENVIRONMENT: dict[str, dict[str, set[str]]] = {
    "canal": {
        "install-cni": INSTALL_CNI | {"CALICO_CNI_SERVICE_ACCOUNT"},
        "ebpf-bootstrap": set(),
        "calico-node": CALICO_NODE | {"USE_POD_CIDR", "CALICO_CNI_SERVICE_ACCOUNT", "FELIX_IPTABLESREFRESHINTERVAL"},
        "kube-flannel": {"POD_NAME", "POD_NAMESPACE", "FLANNELD_IFACE", "FLANNELD_IP_MASQ"},
    },
    "calico-node": {
        "upgrade-ipam": {"KUBERNETES_NODE_NAME", "CALICO_NETWORKING_BACKEND"},
        "install-cni": INSTALL_CNI,
        "ebpf-bootstrap": set(),
        "calico-node": CALICO_NODE | {"FELIX_IPINIPMTU"},
    },
}
HOST_PATHS = {
    *("/lib/modules", "/var/run/calico", "/var/lib/calico", "/run/xtables.lock", "/sys/fs/", "/sys/fs/bpf", "/proc"),
    *("/opt/cni/bin", "/etc/cni/net.d", "/var/log/calico/cni", "/var/run/nodeagent"),
}


def pod(architecture: Architecture) -> tuple[str, Any]:
    (item,) = (item for item in build(architecture, NETWORK) if item["kind"] == "DaemonSet")
    return item["metadata"]["name"], item["spec"]["template"]["spec"]


@ON_EACH
def test_every_container_has_its_environment_and_no_other_is_there(architecture: Architecture) -> None:
    name, spec = pod(architecture)
    found = {
        container["name"]: {variable["name"] for variable in container.get("env", [])}
        for container in (*spec["initContainers"], *spec["containers"])
    }
    assert found == ENVIRONMENT[name]
    assert list(found) == list(ENVIRONMENT[name]), "their order is the order of the init containers"


@ON_EACH
def test_the_pod_is_on_every_node_before_everything_else_and_until_the_last(architecture: Architecture) -> None:
    _, spec = pod(architecture)
    assert spec["priorityClassName"] == "system-node-critical"
    assert spec["hostNetwork"] is True
    assert spec["terminationGracePeriodSeconds"] == 0
    assert {(each.get("key"), each["operator"], each.get("effect")) for each in spec["tolerations"]} == {
        (None, "Exists", "NoSchedule"),
        (None, "Exists", "NoExecute"),
        ("CriticalAddonsOnly", "Exists", None),
    }


@ON_EACH
def test_a_changed_config_map_replaces_the_pods_that_read_it(architecture: Architecture) -> None:
    """A DaemonSet makes its pods anew for another template alone, and containers read the ConfigMap as they start."""

    def built(**changed: Any) -> tuple[Any, Any]:
        objects = {item["kind"]: item for item in build(architecture, replace(NETWORK, **changed))}
        return objects["ConfigMap"]["data"], objects["DaemonSet"]["spec"]["template"]

    first, same, other = built(), built(service_cidr="10.97.0.0/16"), built(link_mtu=1500)
    assert first == same
    assert first[0] != other[0]
    assert first[1] != other[1]


@ON_EACH
def test_the_nodes_folders(architecture: Architecture) -> None:
    _, spec = pod(architecture)
    paths = {volume["hostPath"]["path"] for volume in spec["volumes"] if "hostPath" in volume}
    # Calico IPAM takes over what host-local gave out before.
    calico_only = set() if isinstance(architecture.networking, Flannel) else {"/var/lib/cni/networks"}
    assert paths == HOST_PATHS | calico_only
    (bpffs,) = (volume for volume in spec["volumes"] if volume["name"] == "bpffs")
    assert bpffs["hostPath"]["type"] == "Directory", "a folder that the kubelet makes is no BPF file system"


@ON_EACH
def test_each_agent_is_probed(architecture: Architecture) -> None:
    _, spec = pod(architecture)
    probes = {
        container["name"]: [
            container[probe].get("httpGet", {}).get("path") or " ".join(container[probe]["exec"]["command"][1:])
            for probe in ("livenessProbe", "readinessProbe")
        ]
        for container in spec["containers"]
    }
    if isinstance(architecture.networking, Flannel):
        assert probes == {"calico-node": ["-felix-live", "/readiness"], "kube-flannel": ["/healthz", "/readyz"]}
        command = spec["containers"][1]["command"]
        assert {"--healthz-ip=127.0.0.1", "--healthz-port=8081"} <= set(command), "only the kubelet beside it asks"
        assert {"--ip-masq", "--ip-blackhole-route", "--kube-subnet-mgr"} <= set(command)
    else:
        assert probes == {"calico-node": ["-felix-live -bird-live", "-felix-ready -bird-ready"]}
