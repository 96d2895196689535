"""The claim of a planned pod CIDR with the real kubectl against a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from canal_aws.sandbox import toolchain
from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.specs import PLANNED, kubeadm_documents
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.control_plane import ControlPlane

pytestmark = pytest.mark.component

COMPONENTS = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubectl",
]


@pytest.fixture(scope="module")
def tools() -> toolchain.Toolchain:
    """The real components."""
    return toolchain.ensure(COMPONENTS)


@pytest.fixture(scope="module")
def control_plane(tools: toolchain.Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A real control plane of the shape that the user data asks for."""
    shape = replace(ClusterShape.of(kubeadm_documents("control-plane", **PLANNED)), advertise_address="10.0.16.10")
    running = ControlPlane(tools.bin_dir, tmp_path_factory.mktemp("join") / "cluster", shape).start()
    yield running
    running.stop()


def test_a_node_claims_its_planned_pod_cidr_with_the_rights_of_a_kubelet(
    make_node: MakeNode, tools: toolchain.Toolchain, control_plane: ControlPlane
) -> None:
    """NodeRestriction is on: the API takes the claim from the node itself, once, and a repeated boot changes nothing."""
    control_plane.admin.create("/api/v1/nodes", {"metadata": {"name": "node-c"}})
    node = make_node("worker", {"node": "node-c", "pod-cidr": "10.128.7.0/24"}, {}, **PLANNED)
    kubelet = control_plane.pki.ca.client("system:node:node-c", "system:nodes")
    (node.machine.root / "etc/kubernetes/kubelet.conf").write_text(
        control_plane.pki.kubeconfig_of("system:node:node-c", kubelet)
    )
    node.machine.mark("member")
    node.machine.real("kubectl", tools.path("kubectl"))
    for _ in range(2):
        done = node.boot()
        assert done.returncode == 0, done.stderr
        claimed = control_plane.admin.get("/api/v1/nodes/node-c")["spec"]
        assert (claimed["podCIDR"], claimed["podCIDRs"]) == ("10.128.7.0/24", ["10.128.7.0/24"])

    node.services.tags["pod-cidr"] = "10.128.8.0/24"
    refused = node.boot()
    assert refused.returncode != 0
    assert "pod CIDR 10.128.8.0/24: failed, again" in refused.stderr
    assert "forbidden" in refused.stderr.lower()
    assert control_plane.admin.get("/api/v1/nodes/node-c")["spec"]["podCIDR"] == "10.128.7.0/24"
