"""The Node that a kubelet registers, from its flags and its machine."""

from __future__ import annotations

import shlex
from typing import Any

from canal_aws.sandbox.machines.inside.root import Root
from canal_aws.sandbox.machines.instance import Instance

FLAGS_FILE = "/var/lib/kubelet/kubeadm-flags.env"
"""Where kubeadm writes the kubelet's flags (KUBELET_KUBEADM_ARGS)."""
KWOK_ANNOTATION = "kwok.x-k8s.io/node"
"""kwok keeps the Nodes that carry it with the value "fake"."""

# What a kubelet would read off the machine; the machines have none of their own, so all are of one size. 110 pods are
# the kubelet's default (maxPods).
_CAPACITY = {"cpu": "2", "memory": "8Gi", "pods": "110", "ephemeral-storage": "20Gi"}


def flags(root: Root) -> dict[str, str]:
    """The kubelet's flags as kubeadm wrote them; empty before it did."""
    try:
        text = root.path(FLAGS_FILE).read_text()
    except OSError:
        return {}
    (value,) = shlex.split(text.partition("=")[2]) or ("",)
    pairs = (word.removeprefix("--").partition("=") for word in value.split())
    return {name: value for name, _, value in pairs}


def name_of(given: dict[str, str], hostname: str) -> str:
    """The Node's name: --hostname-override, else the machine's."""
    return given.get("hostname-override", hostname).lower()


def node(instance: Instance, given: dict[str, str], hostname: str, version: str) -> dict[str, Any]:
    """The Node to create. `given` are the kubelet's flags.

    Sources: k8s.io/kubernetes, pkg/kubelet/kubelet_node_status.go (initialNode).
    """
    name = name_of(given, hostname)
    architecture = instance.architecture
    labels = {
        "kubernetes.io/hostname": hostname,
        "kubernetes.io/arch": architecture,
        "kubernetes.io/os": "linux",
        "beta.kubernetes.io/arch": architecture,
        "beta.kubernetes.io/os": "linux",
        **dict(_pair(word) for word in given.get("node-labels", "").split(",") if word),
    }
    annotations = {KWOK_ANNOTATION: "fake", "volumes.kubernetes.io/controller-managed-attach-detach": "true"}
    taints = [_taint(word) for word in given.get("register-with-taints", "").split(",") if word]
    address = given.get("node-ip", instance.private_ip)
    if given.get("cloud-provider") == "external":
        taints.append(
            {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"}
        )
        annotations["alpha.kubernetes.io/provided-node-ip"] = address
    spec: dict[str, Any] = {"taints": taints}
    if "provider-id" in given:
        spec["providerID"] = given["provider-id"]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels, "annotations": annotations},
        "spec": spec,
        "status": {
            "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": hostname}],
            "capacity": _CAPACITY,
            "allocatable": _CAPACITY,
            "nodeInfo": {
                **dict.fromkeys(("machineID", "systemUUID", "bootID"), instance.id),
                **dict.fromkeys(("kernelVersion", "osImage", "containerRuntimeVersion"), "sandbox"),
                "kubeletVersion": version,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": architecture,
            },
        },
    }


def mirror_pod(manifest: dict[str, Any], digest: str, registered: dict[str, Any]) -> dict[str, Any]:
    """The Pod by which the API shows a static pod (pkg/kubelet/config/common.go, pkg/kubelet/pod/mirror_client.go)."""
    name = registered["metadata"]["name"]
    metadata = manifest["metadata"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": registered["metadata"]["uid"], "controller": True}
    spec = {**manifest["spec"], "nodeName": name}
    spec["tolerations"] = [*(spec.get("tolerations") or ()), {"operator": "Exists", "effect": "NoExecute"}]
    config = "kubernetes.io/config"
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{metadata['name']}-{name}",
            "namespace": metadata.get("namespace", "default"),
            "labels": metadata.get("labels") or {},
            "annotations": {
                **(metadata.get("annotations") or {}),
                **{f"{config}.hash": digest, f"{config}.mirror": digest, f"{config}.source": "file"},
            },
            "ownerReferences": [owner],
        },
        "spec": spec,
    }


def _pair(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _taint(word: str) -> dict[str, str]:
    """key=value:Effect, or key:Effect."""
    rest, _, effect = word.rpartition(":")
    key, _, value = rest.partition("=")
    return {"key": key, "value": value, "effect": effect} if value else {"key": key, "effect": effect}
