"""A control-plane node's user data, small and by hand, with room for one wrong thing at a time."""

from __future__ import annotations

from typing import Any

import yaml

ENVIRONMENT = {
    "CLUSTER_NAME": "dev",
    "AWS_REGION": "us-east-1",
    "KUBERNETES_VERSION": "1.36.3",
    "API_ENDPOINT": "nodes.example.com",
    "KUBECONFIG_PARAMETER": "/canal-aws/dev/kubeconfig",
    "JOIN_PARAMETER": "/canal-aws/dev/join",
    "CONTROL_PLANE_JOIN_PARAMETER": "/canal-aws/dev/control-plane-join",
    "PUBLIC_API_ENDPOINT": "",
}


def documents() -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "InitConfiguration",
            "localAPIEndpoint": {"advertiseAddress": "@PRIVATE_IP@"},
            "nodeRegistration": {"name": "@NODE_NAME@", "criSocket": "unix:///run/containerd/containerd.sock"},
        },
        {
            "apiVersion": "kubeadm.k8s.io/v1beta4",
            "kind": "ClusterConfiguration",
            "kubernetesVersion": "v1.36.3",
            "controlPlaneEndpoint": "nodes.example.com:6443",
            "networking": {"podSubnet": "10.128.0.0/13", "serviceSubnet": "10.96.0.0/16"},
            "apiServer": {"certSANs": ["public.example.com"]},
            "controllerManager": {
                "extraArgs": [
                    {"name": "allocate-node-cidrs", "value": "true"},
                    {"name": "node-cidr-mask-size", "value": "25"},
                ]
            },
        },
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "systemd",
        },
    ]


def cloud_config(kubeadm: list[dict[str, Any]] | None = None, **environment: str) -> bytes:
    lines = [f"{key}={value}" for key, value in {**ENVIRONMENT, **environment}.items()]
    files = [
        {"path": "/etc/canal-aws/cluster.env", "content": "\n".join(lines) + "\n"},
        {"path": "/etc/canal-aws/kubeadm.yaml", "content": yaml.safe_dump_all(kubeadm or documents())},
    ]
    return ("#cloud-config\n" + yaml.safe_dump({"write_files": files})).encode()


def join_document() -> dict[str, Any]:
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "JoinConfiguration",
        "nodeRegistration": {"name": "@NODE_NAME@", "criSocket": "unix:///run/containerd/containerd.sock"},
    }
