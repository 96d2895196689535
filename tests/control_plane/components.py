"""The command line of each component: fixed by where it runs here, and by the cluster's shape.

Flag names: the components' own references on kubernetes.io and etcd.io. kubeadm's static Pods are the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.pki import Pki

LOOPBACK = "127.0.0.1"
# A soft limit for each process: the collector works harder above it, so that three clusters fit a small machine.
# Measured at rest: API server 270 MiB, controller manager 105, scheduler 60, kwok 50, etcd 50.
GO_ENVIRONMENT = {"GOMEMLIMIT": "400MiB"}
# What a node decides by its own disks and addresses, which a process on loopback cannot take over.
_OF_THE_NODE = frozenset(
    {"bind-address", "secure-port", "advertise-address", "etcd-servers", "kubeconfig", "leader-elect"}
)


@dataclass(frozen=True)
class Ports:
    """TCP ports on loopback. The controller manager, the scheduler and kwok serve nothing."""

    api: int
    etcd: int
    etcd_peer: int


@dataclass(frozen=True)
class CommandLines:
    """Argument vectors of one cluster's components, without the path of the binary.

    `notes` names the extraArgs that the sandbox does not take over.
    """

    shape: ClusterShape
    pki: Pki
    ports: Ports
    data: Path

    @property
    def etcd(self) -> list[str]:
        client = f"https://{LOOPBACK}:{self.ports.etcd}"
        peer = f"https://{LOOPBACK}:{self.ports.etcd_peer}"
        path = self.pki.path
        return _flags(
            {
                "name": "sandbox",
                "data-dir": self.data / "etcd",
                "listen-client-urls": client,
                "advertise-client-urls": client,
                "listen-peer-urls": peer,
                "initial-advertise-peer-urls": peer,
                "initial-cluster": f"sandbox={peer}",
                "cert-file": path("etcd.crt"),
                "key-file": path("etcd.key"),
                "client-cert-auth": "true",
                "trusted-ca-file": path("etcd-ca.crt"),
                "peer-cert-file": path("etcd.crt"),
                "peer-key-file": path("etcd.key"),
                "peer-client-cert-auth": "true",
                "peer-trusted-ca-file": path("etcd-ca.crt"),
                "unsafe-no-fsync": "true",  # the data is thrown away at the end of the run
                "log-level": "warn",
            }
        )

    @property
    def apiserver(self) -> list[str]:
        path, shape = self.pki.path, self.shape
        flags: dict[str, object] = {
            "bind-address": LOOPBACK,
            "secure-port": self.ports.api,
            "advertise-address": shape.advertise_address,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "enable-bootstrap-token-auth": "true",
            "allow-privileged": "true",
            "client-ca-file": path("ca.crt"),
            "tls-cert-file": path("apiserver.crt"),
            "tls-private-key-file": path("apiserver.key"),
            "etcd-servers": f"https://{LOOPBACK}:{self.ports.etcd}",
            "etcd-cafile": path("etcd-ca.crt"),
            "etcd-certfile": path("apiserver-etcd-client.crt"),
            "etcd-keyfile": path("apiserver-etcd-client.key"),
            "service-account-issuer": f"https://kubernetes.default.svc.{shape.dns_domain}",
            "service-account-key-file": path("sa.pub"),
            "service-account-signing-key-file": path("sa.key"),
            "service-cluster-ip-range": shape.service_cidr,
            "profiling": "false",
        }
        return _flags(flags | self._extra("apiServer"))

    @property
    def controller_manager(self) -> list[str]:
        path, shape = self.pki.path, self.shape
        kubeconfig = self.pki.kubeconfig_path("controller-manager")
        flags: dict[str, object] = {
            "kubeconfig": kubeconfig,
            "secure-port": 0,
            "leader-elect": "false",
            "controllers": "*,bootstrapsigner,tokencleaner",
            "use-service-account-credentials": "true",
            "root-ca-file": path("ca.crt"),
            "service-account-private-key-file": path("sa.key"),
            "cluster-signing-cert-file": path("ca.crt"),
            "cluster-signing-key-file": path("ca.key"),
            "cluster-name": shape.cluster_name,
            "cluster-cidr": shape.pod_cidr,
            "service-cluster-ip-range": shape.service_cidr,
            # The defaults (20 and 30 a second) are made for large clusters; here they are only waiting time.
            "kube-api-qps": 200,
            "kube-api-burst": 300,
            "profiling": "false",
        }
        flags |= self._extra("controllerManager")
        # Said once, from the shape: with planned CIDRs the controller manager must not hand out any.
        flags["allocate-node-cidrs"] = str(shape.allocate_node_cidrs).lower()
        if shape.allocate_node_cidrs:
            flags["node-cidr-mask-size"] = shape.node_cidr_mask_size
        return _flags(flags)

    @property
    def scheduler(self) -> list[str]:
        flags: dict[str, object] = {
            "kubeconfig": self.pki.kubeconfig_path("scheduler"),
            "secure-port": 0,
            "leader-elect": "false",
            "kube-api-qps": 200,
            "kube-api-burst": 300,
            "profiling": "false",
        }
        return _flags(flags | self._extra("scheduler"))

    @property
    def kwok(self) -> list[str]:
        """kwok's own built-in stages ("fast"); no port of its own. An empty file keeps ~/.kwok/kwok.yaml out."""
        return _flags(
            {
                "config": self.data / "kwok.yaml",
                "kubeconfig": self.pki.kubeconfig_path("kwok"),
                "manage-all-nodes": "false",
                "manage-nodes-with-annotation-selector": "kwok.x-k8s.io/node=fake",
                "node-lease-duration-seconds": 40,  # a kubelet's
                "cidr": self.shape.pod_cidr,  # for pods on nodes that have no podCIDR of their own
            }
        )

    @property
    def notes(self) -> list[str]:
        return [
            f"{component}.extraArgs {name}={value} belongs to the node's own disk or address and is not applied here"
            for component, pairs in self.shape.extra_args.items()
            for name, value in pairs
            if _stays_on_the_node(name, value)
        ]

    def _extra(self, component: str) -> dict[str, object]:
        """The user data's own arguments, given to the real binary: a wrong one ends it, as it would on the node."""
        pairs = self.shape.extra_args.get(component, ())
        return {name: value for name, value in pairs if not _stays_on_the_node(name, value)}


def _stays_on_the_node(name: str, value: str) -> bool:
    return name in _OF_THE_NODE or value.startswith("/")


def _flags(flags: dict[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in flags.items()]
