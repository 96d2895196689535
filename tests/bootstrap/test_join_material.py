"""The scripts with the real kubeadm and kubectl against a real API server: what one node publishes, another joins with."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from canal_aws.sandbox import toolchain
from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.material import ADMIN_CONF, ENCRYPTION, certificate_authority
from tests.bootstrap.node import CONTROL_PLANE_JOIN, ENCRYPTION_KEY, JOIN, PLACEHOLDERS, Node
from tests.bootstrap.specs import PLANNED, kubeadm_documents, spec
from tests.control_plane import kubeadm
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.control_plane import ControlPlane

pytestmark = pytest.mark.component

COMPONENTS = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "kubeadm",
    "kubectl",
]


# With admin.conf in its place upload-certs dials the node's own address, which this machine must not: a copy elsewhere
# makes it use the server that the copy names.
_UPLOAD_THROUGH_ADMIN_CONF = """
if [ "$1 $2 $3" = "init phase upload-certs" ]; then
  /usr/bin/cp /etc/kubernetes/admin.conf /tmp/admin.conf
  exec /usr/local/real/kubeadm "$@" --kubeconfig /tmp/admin.conf
fi
"""


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


def founder(make_node: MakeNode, tools: toolchain.Toolchain, control_plane: ControlPlane) -> Node:
    """A first node whose cluster runs, at the point where it publishes: certificates by kubeadm under the cluster's CA."""
    node = make_node("control-plane", {"init": "true"}, PLACEHOLDERS)
    kubernetes = node.machine.root / "etc/kubernetes"
    for name in ("ca.crt", "ca.key"):
        (kubernetes / "pki" / name).write_bytes(control_plane.pki.path(name).read_bytes())
    (kubernetes / "admin.conf").write_text(control_plane.kubeconfig)
    node.machine.real("kubectl", tools.path("kubectl"))
    node.machine.real("kubeadm", tools.path("kubeadm"), _UPLOAD_THROUGH_ADMIN_CONF)
    made = node.machine.library(
        "node_facts; fill >/tmp/init.yaml; kubeadm init phase certs all --config /tmp/init.yaml", node.services.url
    )
    assert made.returncode == 0, made.stderr
    return node


def test_what_is_published_lets_a_control_plane_node_join(
    make_node: MakeNode, tools: toolchain.Toolchain, control_plane: ControlPlane, tmp_path: Path
) -> None:
    node = founder(make_node, tools, control_plane)
    init = tmp_path / "init.yaml"
    init.write_text((node.machine.root / "tmp/init.yaml").read_text())
    kubeadm.complete_init(tools.bin_dir, init, control_plane.kubeconfig_path)
    kubelet = ("init", "phase", "upload-config", "kubelet", "--config", str(init))
    kubeadm.run(tools.bin_dir, *kubelet, "--kubeconfig", str(control_plane.kubeconfig_path))
    done = node.machine.run("publish.sh", url=node.services.url)
    assert done.returncode == 0, done.stderr

    material = json.loads(node.services.parameters[JOIN])
    key = node.services.parameters[CONTROL_PLANE_JOIN]
    node.assert_nothing_leaked(done.stdout + done.stderr, material["token"], key)
    secret = control_plane.admin.get(f"/api/v1/namespaces/kube-system/secrets/bootstrap-token-{material['token'][:6]}")
    uploaded = control_plane.admin.get("/api/v1/namespaces/kube-system/secrets/kubeadm-certs")["data"]
    assert all(b"PRIVATE KEY" not in base64.b64decode(value) for value in uploaded.values())
    ends = datetime.fromisoformat(base64.b64decode(secret["data"]["expiration"]).decode())
    assert timedelta(hours=2, minutes=50) < ends - datetime.now(UTC) <= timedelta(hours=3)

    joining = make_node("control-plane", {"node": "node-b"}, dict(node.services.parameters))
    (joining.machine.root / "etc/kubernetes/pki/ca.crt").write_text(certificate_authority().pem)
    joining.machine.fixture("admin.conf", ADMIN_CONF)
    joining.machine.fixture("routes", "")
    joining.machine.route(f"{spec('worker').api_endpoint}:6443", urlsplit(control_plane.server).port or 0)
    joining.machine.route("10.0.16.11:2379", joining.cluster.port)
    joining.services.parameters[ENCRYPTION_KEY] = ENCRYPTION
    joined = joining.boot()
    assert joined.returncode == 0, joined.stderr
    (text,) = joining.machine.captured("join-*.yaml")
    # The load balancer's name, which nothing on this machine resolves.
    text = text.replace(f"{spec('worker').api_endpoint}:6443", urlsplit(control_plane.server).netloc)
    (joining.machine.root / "tmp/join.yaml").write_text(text)
    (joining.machine.root / "etc/kubernetes/pki/ca.crt").unlink()
    joining.machine.real("kubeadm", tools.path("kubeadm"))
    downloaded = joining.machine.execute(
        *[
            "/usr/local/bin/kubeadm",
            "join",
            "phase",
            "control-plane-prepare",
            "download-certs",
            "--config",
            "/tmp/join.yaml",
        ],
        url=joining.services.url,
    )
    assert downloaded.returncode == 0, downloaded.stdout + downloaded.stderr
    for name in ("ca.key", "sa.key", "front-proxy-ca.key", "etcd/ca.key"):
        path = Path("etc/kubernetes/pki", name)
        assert (joining.machine.root / path).read_text() == (node.machine.root / path).read_text()


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
