"""Node objects, as a kubelet and `kubeadm` would register them for an EC2 instance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KWOK_ANNOTATION = "kwok.x-k8s.io/node"  # kwok manages the Nodes that carry it with the value "fake"
CONTROL_PLANE_LABEL = "node-role.kubernetes.io/control-plane"
_PODS_PER_NODE = "110"  # the kubelet's default
# What a kubelet would read off the machine; the sandbox's instances have no machine, so all are of one size.
_CAPACITY = {"cpu": "2", "memory": "8Gi", "pods": _PODS_PER_NODE, "ephemeral-storage": "20Gi"}


@dataclass(frozen=True)
class NodeSpec:
    """What decides a Node: an instance's identity, place and tags. `architecture` is Go's: amd64 or arm64."""

    name: str
    private_ip: str
    instance_id: str
    instance_type: str
    availability_zone: str
    region: str
    architecture: str = "amd64"
    control_plane: bool = False
    pod_cidr: str | None = None
    kubernetes_version: str = ""

    @property
    def provider_id(self) -> str:
        """The form of cloud-provider-aws: aws:///ZONE/INSTANCE."""
        return f"aws:///{self.availability_zone}/{self.instance_id}"

    def node(self) -> dict[str, Any]:
        """The Node to create; kwok makes it Ready."""
        labels = {
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/arch": self.architecture,
            "kubernetes.io/os": "linux",
            "topology.kubernetes.io/zone": self.availability_zone,
            "topology.kubernetes.io/region": self.region,
            "node.kubernetes.io/instance-type": self.instance_type,
        }
        spec: dict[str, Any] = {"providerID": self.provider_id}
        if self.pod_cidr:
            spec |= {"podCIDR": self.pod_cidr, "podCIDRs": [self.pod_cidr]}
        if self.control_plane:
            # kubeadm's mark-control-plane phase: this label and this taint
            labels[CONTROL_PLANE_LABEL] = ""
            spec["taints"] = [{"key": CONTROL_PLANE_LABEL, "effect": "NoSchedule"}]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": labels, "annotations": {KWOK_ANNOTATION: "fake"}},
            "spec": spec,
            "status": {
                "addresses": [
                    {"type": "InternalIP", "address": self.private_ip},
                    {"type": "Hostname", "address": self.name},
                ],
                "capacity": _CAPACITY,
                "allocatable": _CAPACITY,
                "nodeInfo": {
                    "architecture": self.architecture,
                    "operatingSystem": "linux",
                    "kubeletVersion": f"v{self.kubernetes_version}" if self.kubernetes_version else "",
                    "osImage": "Canal AWS sandbox",
                    "bootID": "",
                    "machineID": "",
                    "systemUUID": "",
                    "kernelVersion": "",
                    "containerRuntimeVersion": "",
                    "kubeProxyVersion": "",
                },
            },
        }
