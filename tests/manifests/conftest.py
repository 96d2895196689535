"""An API server of these tests' own: they fill it with cluster-wide kinds, which the shared one should not have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from canal_aws.sandbox.kubernetes.cluster_shape import ClusterShape
from canal_aws.sandbox.kubernetes.control_plane import ControlPlane
from tests.manifests.server_side_apply import KubeApi

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


@pytest.fixture(scope="package")
def canal_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubeApi]:
    """A real control plane without nodes: what it accepts is stored and defaulted, and runs nowhere."""
    from canal_aws.sandbox.toolchain import ensure

    shape = ClusterShape(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16", kubernetes_version="1.36.3")
    control_plane = ControlPlane(ensure(COMPONENTS).bin_dir, tmp_path_factory.mktemp("canal-api"), shape)
    control_plane.start()
    try:
        yield KubeApi(control_plane)
    finally:
        control_plane.stop()
