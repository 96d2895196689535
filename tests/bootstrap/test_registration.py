"""Labels and taints of pools: what reaches the kubelet, and what is refused before an instance would never start."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.bootstrap import BootstrapError, RegistrationError, Taint, check_label, parse_taint
from tests.bootstrap.specs import kubeadm_documents, spec


def registration(role: str, **changes: Any) -> dict[str, Any]:
    """nodeRegistration of a role."""
    documents = kubeadm_documents(role, **changes)
    found: dict[str, Any] = next(each for each in documents.values() if "nodeRegistration" in each)["nodeRegistration"]
    return found


def arguments(entries: list[dict[str, str]]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in entries}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pool", "gpu"),
        ("example.com/pool", ""),
        ("node.kubernetes.io/pool", "a.b_c-d"),
        ("sub.kubelet.kubernetes.io/x", "1"),
        ("notkubernetes.io/x", "1"),
    ],
)
def test_labels_that_a_kubelet_sets_on_itself(key: str, value: str) -> None:
    check_label(key, value)
    labels = arguments(registration("worker", node_labels=((key, value),))["kubeletExtraArgs"])["node-labels"]
    assert labels.endswith(f",{key}={value}")
    assert labels.startswith("node.kubernetes.io/instance-type=@INSTANCE_TYPE@,")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("node-role.kubernetes.io/worker", "", "NodeRestriction"),
        ("node-restriction.kubernetes.io/pci", "yes", "NodeRestriction"),
        ("kubernetes.io/hostname", "x", "NodeRestriction"),
        ("k8s.io/x", "1", "NodeRestriction"),
        ("topology.kubernetes.io/zone", "us-east-1a", "instance metadata"),
        ("a b", "1", "no key"),
        ("example.com/", "1", "no key"),
        ("Example.com/x", "1", "no key"),
        ("x" * 64, "1", "no key"),
        ("pool", "a,b", "value"),
        ("pool", "-a", "value"),
        ("pool", "a" * 64, "value"),
    ],
)
def test_labels_with_which_no_node_would_register(key: str, value: str, reason: str) -> None:
    with pytest.raises(RegistrationError, match=reason):
        check_label(key, value)
    with pytest.raises(BootstrapError, match=reason):
        spec("worker", node_labels=((key, value),))


def test_taints_reach_the_kubelet_of_a_worker() -> None:
    assert parse_taint("gpu:NoExecute") == Taint("gpu", "", "NoExecute")
    found = registration("worker", node_taints=("example.com/gpu=yes:NoSchedule",))
    assert found["taints"] == [{"key": "example.com/gpu", "value": "yes", "effect": "NoSchedule"}]
    assert "taints" not in registration("worker")


def test_a_tainted_control_plane_keeps_the_taint_that_kubeadm_gives_it() -> None:
    assert "taints" not in registration("control-plane")
    found = registration("control-plane", node_taints=("x=y:NoSchedule",))["taints"]
    assert [taint["key"] for taint in found] == ["node-role.kubernetes.io/control-plane", "x"]


@pytest.mark.parametrize("text", ["gpu", "gpu=yes", "gpu=yes:Never", "=x:NoSchedule", "gpu=a b:NoSchedule", ""])
def test_what_is_no_taint_is_refused(text: str) -> None:
    with pytest.raises(BootstrapError, match="node taint"):
        spec("worker", node_taints=(text,))


def test_with_a_cloud_controller_manager_nodes_wait_for_it() -> None:
    assert "cloud-provider" not in arguments(registration("worker")["kubeletExtraArgs"])
    assert arguments(registration("worker", external_cloud_provider=True)["kubeletExtraArgs"])["cloud-provider"] == (
        "external"
    )
    cluster = kubeadm_documents("control-plane", external_cloud_provider=True)["ClusterConfiguration"]
    assert arguments(cluster["controllerManager"]["extraArgs"])["cloud-provider"] == "external"
    assert "cloud-provider" not in arguments(cluster["apiServer"]["extraArgs"]), "the API server ends at it since 1.33"
