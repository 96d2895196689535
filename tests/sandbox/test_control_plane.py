"""The control plane on loopback: who may do what, and what becomes of Nodes and Pods."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from canal_aws.sandbox.fleet.errors import ApiError, ProcessFailed
from tests.control_plane.api_client import ApiClient
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.control_plane import ControlPlane
from tests.control_plane.nodes import NodeSpec

pytestmark = pytest.mark.component

NAMESPACE = "/api/v1/namespaces/default"
APPS = "/apis/apps/v1/namespaces/default"


def eventually(condition: Callable[[], bool], what: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)


def worker(name: str, **changes: Any) -> NodeSpec:
    fields = {
        "name": name,
        "private_ip": "10.0.3.20",
        "instance_id": "i-0a",
        "instance_type": "t3.large",
        "availability_zone": "us-east-1a",
        "region": "us-east-1",
    }
    return NodeSpec(**{**fields, **changes})


@pytest.fixture
def register(kube_api: ControlPlane) -> Iterator[Callable[[NodeSpec], dict[str, Any]]]:
    """Creates Nodes and removes them at the end of the test."""
    names: list[str] = []

    def create(spec: NodeSpec) -> dict[str, Any]:
        names.append(spec.name)
        return kube_api.admin.create("/api/v1/nodes", spec.node())

    yield create
    for name in names:
        kube_api.admin.delete(f"/api/v1/nodes/{name}")


def test_published_kubeconfig_fits_a_standard_parameter(kube_api: ControlPlane) -> None:
    assert len(kube_api.kubeconfig.encode()) < 4096 - len("# written-by: i-0123456789abcdef0\n")


def test_administrator_is_no_system_master_but_may_do_everything(kube_api: ControlPlane) -> None:
    review = kube_api.admin.create(
        "/apis/authentication.k8s.io/v1/selfsubjectreviews",
        {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"},
    )
    user = review["status"]["userInfo"]
    assert user["username"] == "kubernetes-admin"
    assert "kubeadm:cluster-admins" in user["groups"]
    assert "system:masters" not in user["groups"]
    assert kube_api.admin.get("/apis/rbac.authorization.k8s.io/v1/clusterroles")["items"]


def test_anonymous_is_refused(kube_api: ControlPlane) -> None:
    anonymous = ApiClient(kube_api.server, kube_api.pki.path("ca.crt"))
    with pytest.raises(ApiError) as refused:
        anonymous.get("/api/v1/nodes")
    assert refused.value.status == 403


def test_a_node_identity_cannot_touch_another_node(
    kube_api: ControlPlane, register: Callable[[NodeSpec], dict[str, Any]]
) -> None:
    register(worker("own"))
    register(worker("other"))
    kubelet = kube_api.client_as("system:node:own", "system:nodes")
    mark = {"metadata": {"annotations": {"test": "mark"}}}
    assert kubelet.merge("/api/v1/nodes/own", mark)["metadata"]["annotations"]["test"] == "mark"
    with pytest.raises(ApiError) as refused:
        kubelet.merge("/api/v1/nodes/other", mark)
    assert refused.value.status == 403
    with pytest.raises(ApiError) as unreadable:
        kubelet.get("/api/v1/secrets")
    assert unreadable.value.status == 403


def test_registered_node_becomes_ready_with_what_the_instance_has(
    kube_api: ControlPlane, register: Callable[[NodeSpec], dict[str, Any]]
) -> None:
    register(worker("arm", architecture="arm64", instance_id="i-0b", control_plane=True, private_ip="10.0.9.9"))
    eventually(lambda: is_ready(kube_api, "arm"), "Node ready")
    node = kube_api.admin.get("/api/v1/nodes/arm")
    assert node["spec"]["providerID"] == "aws:///us-east-1a/i-0b"
    assert {"type": "InternalIP", "address": "10.0.9.9"} in node["status"]["addresses"]
    assert node["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"
    assert any(
        taint["key"] == "node-role.kubernetes.io/control-plane" and taint["effect"] == "NoSchedule"
        for taint in node["spec"]["taints"]
    )


def test_planned_pod_cidr_is_kept_and_others_are_allocated(
    kube_api: ControlPlane, register: Callable[[NodeSpec], dict[str, Any]]
) -> None:
    register(worker("planned", pod_cidr="10.135.7.0/24"))
    register(worker("allocated"))
    eventually(lambda: bool(pod_cidr(kube_api, "allocated")), "podCIDR allocated")
    assert pod_cidr(kube_api, "planned") == "10.135.7.0/24"
    allocated = ipaddress.IPv4Network(pod_cidr(kube_api, "allocated"))
    assert allocated.prefixlen == 24
    assert allocated.subnet_of(ipaddress.IPv4Network("10.128.0.0/13"))


def test_daemon_set_and_deployment_become_ready(kube_api: ControlPlane) -> None:
    metadata = {"name": "probe"}
    selector = {"matchLabels": {"app": "probe"}}
    container = {
        "name": "main",
        "image": "example.invalid/main:1",
        "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "initialDelaySeconds": 60},
    }
    daemon_pod = {
        "hostNetwork": True,
        "initContainers": [{"name": "first", "image": "example.invalid/init:1"}],
        "containers": [container],
        "tolerations": [{"operator": "Exists"}],
    }
    template = {"metadata": {"labels": {"app": "probe"}}}
    kube_api.admin.create(
        f"{APPS}/daemonsets",
        {"metadata": metadata, "spec": {"selector": selector, "template": {**template, "spec": daemon_pod}}},
    )
    web = {"matchLabels": {"app": "web"}}
    web_template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    kube_api.admin.create(
        f"{APPS}/deployments",
        {"metadata": metadata, "spec": {"replicas": 3, "selector": web, "template": web_template}},
    )
    try:
        nodes = len(kube_api.admin.get("/api/v1/nodes")["items"])
        eventually(lambda: status(kube_api, "daemonsets").get("numberAvailable") == nodes, "DaemonSet on every node")
        eventually(lambda: status(kube_api, "deployments").get("availableReplicas") == 3, "Deployment available")
        pods = kube_api.admin.get(f"{NAMESPACE}/pods?labelSelector=app%3Dweb")["items"]
        for pod in pods:
            node_cidr = ipaddress.ip_network(pod_cidr(kube_api, pod["spec"]["nodeName"]))
            assert ipaddress.ip_address(pod["status"]["podIP"]) in node_cidr
    finally:
        for kind in ("daemonsets", "deployments"):
            kube_api.admin.delete(f"{APPS}/{kind}/probe")


def test_every_port_is_on_loopback(kube_api: ControlPlane) -> None:
    for name, pid in kube_api.pids.items():
        listening = [
            connection.laddr.ip
            for connection in psutil.Process(pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        assert set(listening) <= {"127.0.0.1"}, name


def test_a_wrong_argument_in_the_user_data_is_named(kubernetes_bin: Path, tmp_path: Path) -> None:
    shape = ClusterShape(
        pod_cidr="10.128.0.0/13",
        service_cidr="10.96.0.0/16",
        kubernetes_version="1.36.3",
        extra_args={"apiServer": (("no-such-flag", "1"),)},
    )
    control_plane = ControlPlane(kubernetes_bin, tmp_path / "cluster", shape)
    with pytest.raises(ProcessFailed, match="no-such-flag"):
        control_plane.start()
    assert not control_plane.pids
    assert not (tmp_path / "cluster").exists()


def is_ready(kube_api: ControlPlane, name: str) -> bool:
    conditions = kube_api.admin.get(f"/api/v1/nodes/{name}")["status"].get("conditions", [])
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def pod_cidr(kube_api: ControlPlane, name: str) -> str:
    return str(kube_api.admin.get(f"/api/v1/nodes/{name}")["spec"].get("podCIDR", ""))


def status(kube_api: ControlPlane, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = kube_api.admin.get(f"{APPS}/{kind}/probe").get("status", {})
    return found
