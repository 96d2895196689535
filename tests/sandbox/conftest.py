"""Fixtures that the sandbox's tests share: one real control plane for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.control_plane import ControlPlane
from tests.control_plane.nodes import NodeSpec

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubeadm", "kwok")


@pytest.fixture(scope="session")
def kubernetes_bin() -> Path:
    """Folder of the real Kubernetes binaries; builds them where they are not cached."""
    from canal_aws.sandbox.toolchain import ensure

    return ensure(COMPONENTS).bin_dir


@pytest.fixture(scope="session")
def kube_api(kubernetes_bin: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real control plane with two worker Nodes that kwok keeps Ready; RBAC and NodeRestriction are on.

    `.kubeconfig` (text), `.kubeconfig_path`, `.server`, `.admin` (an ApiClient); shared by all tests of the session:
    each test uses names of its own and removes what it made.
    """
    shape = ClusterShape(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16", kubernetes_version="1.36.3")
    control_plane = ControlPlane(kubernetes_bin, tmp_path_factory.mktemp("kube-api"), shape).start()
    try:
        for number, zone in enumerate(("us-east-1a", "us-east-1b"), 1):
            worker = NodeSpec(
                name=f"worker-{number}",
                private_ip=f"10.0.{number}.20",
                instance_id=f"i-000000000000000{number:02}",
                instance_type="t3.large",
                availability_zone=zone,
                region="us-east-1",
                kubernetes_version="1.36.3",
            )
            control_plane.admin.create("/api/v1/nodes", worker.node())
        yield control_plane
    finally:
        control_plane.stop()
