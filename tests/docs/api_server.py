"""A real API server for the guides, with two simulated nodes. The one place here that knows who starts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from canal_aws.sandbox.toolchain import ensure
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.control_plane import ControlPlane

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok", "kubectl", "kubeadm")
#: What the guides tell kubeadm, and what its controller manager does by itself.
POD_CIDR, SERVICE_CIDR = "10.244.0.0/16", "10.96.0.0/16"
NODES = ("node-1", "node-2")


@dataclass(frozen=True)
class ApiServer:
    """Where to reach it and with which kubectl."""

    kubeconfig: Path
    bin_dir: Path


@contextmanager
def api_server(folder: Path) -> Iterator[ApiServer]:
    """etcd, API server, controller manager, scheduler and kwok: pods "run", and nothing is in them."""
    bin_dir = ensure(COMPONENTS).bin_dir
    shape = ClusterShape(pod_cidr=POD_CIDR, service_cidr=SERVICE_CIDR, kubernetes_version="1.36.3")
    control_plane = ControlPlane(bin_dir, folder, shape)
    control_plane.start()
    try:
        for name in NODES:
            control_plane.admin.create("/api/v1/nodes", _node(name))
        yield ApiServer(control_plane.kubeconfig_path, bin_dir)
    finally:
        control_plane.stop()


def _node(name: str) -> dict[str, object]:
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    # kwok looks after the nodes that have this annotation.
    metadata = {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}}
    room = {"cpu": "2", "memory": "8Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": metadata,
        "status": {"capacity": room, "allocatable": room},
    }
