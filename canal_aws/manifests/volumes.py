"""The node's folders that Calico and flannel work in.

Names, paths and types as in Calico's manifests/canal.yaml and calico.yaml at v3.32.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from canal_aws.manifests.objects import Manifest


def _host(path: str, kind: str | None = None) -> Manifest:
    return {"hostPath": {"path": path} if kind is None else {"path": path, "type": kind}}


_SOURCES: dict[str, Manifest] = {
    # Felix and ipset load kernel modules.
    "lib-modules": _host("/lib/modules"),
    "var-run-calico": _host("/var/run/calico", "DirectoryOrCreate"),
    "var-lib-calico": _host("/var/lib/calico", "DirectoryOrCreate"),
    # iptables' lock, shared with kube-proxy: without it they overwrite one another's rules.
    "xtables-lock": _host("/run/xtables.lock", "FileOrCreate"),
    "sys-fs": _host("/sys/fs/", "DirectoryOrCreate"),
    # Must be there: a folder made by the kubelet would be no BPF file system.
    "bpffs": _host("/sys/fs/bpf", "Directory"),
    "nodeproc": _host("/proc"),
    "cni-bin-dir": _host("/opt/cni/bin", "DirectoryOrCreate"),
    "cni-net-dir": _host("/etc/cni/net.d"),
    "cni-log-dir": _host("/var/log/calico/cni"),
    # What host-local handed out before, for the move to Calico IPAM.
    "host-local-net-dir": _host("/var/lib/cni/networks"),
    "policysync": _host("/var/run/nodeagent", "DirectoryOrCreate"),
}

#: The volume that holds the ConfigMap's net-conf.json, for flannel.
FLANNEL_CONFIG = "flannel-cfg"


def mount(volume: str, path: str, *, read_only: bool = False, bidirectional: bool = False) -> Manifest:
    """A volumeMount; `bidirectional` lets mounts made in the container reach the host."""
    result: Manifest = {"name": volume, "mountPath": path}
    if read_only:
        result["readOnly"] = True
    if bidirectional:
        result["mountPropagation"] = "Bidirectional"
    return result


def volumes_of(containers: Iterable[Manifest], config_map: str) -> list[Manifest]:
    """The volumes that these containers mount, each once; KeyError where a container mounts an unknown one."""
    sources = {**_SOURCES, FLANNEL_CONFIG: {"configMap": {"name": config_map}}}
    names = dict.fromkeys(item["name"] for container in containers for item in container["volumeMounts"])
    return [{"name": name, **deepcopy(sources[name])} for name in names]
