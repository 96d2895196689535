"""kubeadm's configuration, kubeadm.k8s.io/v1beta4, as plain documents.

What only the node knows is a placeholder (@NODE_NAME@ …) that its scripts fill in from instance metadata.
Source of fields and types: k8s.io/kubernetes v1.36.3, cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go.
"""

from __future__ import annotations

from typing import Any

from canal_aws.bootstrap.spec import BootstrapSpec

API_VERSION = "kubeadm.k8s.io/v1beta4"
# kubeadm binds it unless told otherwise (v1beta4 localAPIEndpoint.bindPort).
API_PORT = 6443

# Filled in by the library's `fill`. None of them is a secret.
PLACEHOLDERS = ("NODE_NAME", "PRIVATE_IP", "INSTANCE_ID", "INSTANCE_TYPE", "AVAILABILITY_ZONE")

Document = dict[str, Any]


def init_documents(spec: BootstrapSpec) -> tuple[Document, ...]:
    """InitConfiguration, ClusterConfiguration and KubeletConfiguration of the first control-plane node."""
    return (_init_configuration(spec), _cluster_configuration(spec), _kubelet_configuration())


def join_document(spec: BootstrapSpec) -> Document:
    """JoinConfiguration of a worker, without its secrets.

    A joining node of either role takes `nodeRegistration` and `timeouts` from its file, which is why these two stand
    last in their document, and adds discovery and certificate key from the SSM parameters.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "JoinConfiguration",
        "nodeRegistration": _node_registration(spec),
        "timeouts": _timeouts(),
    }


def _init_configuration(spec: BootstrapSpec) -> Document:
    return {
        "apiVersion": API_VERSION,
        "kind": "InitConfiguration",
        # init always makes one token and nobody uses it, since join material is published apart: let it end soon.
        "bootstrapTokens": [{"ttl": "15m0s"}],
        "localAPIEndpoint": {"advertiseAddress": "@PRIVATE_IP@"},
        "nodeRegistration": _node_registration(spec),
        "timeouts": _timeouts(),
    }


def _cluster_configuration(spec: BootstrapSpec) -> Document:
    controller_manager = {
        "allocate-node-cidrs": str(spec.allocate_node_cidrs).lower(),
        "node-cidr-mask-size": str(spec.node_pod_cidr_mask),
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "ClusterConfiguration",
        "clusterName": spec.cluster_name,
        "kubernetesVersion": f"v{spec.kubernetes_version}",
        "controlPlaneEndpoint": f"{spec.api_endpoint}:{API_PORT}",
        # With RSA keys admin.conf is 5.6 KB and misses the 4,096 bytes of a standard SSM parameter.
        "encryptionAlgorithm": "ECDSA-P256",
        "networking": {"podSubnet": spec.pod_cidr, "serviceSubnet": spec.service_cidr},
        "apiServer": {"certSANs": [name for name in (spec.api_endpoint, spec.public_api_endpoint) if name]},
        "controllerManager": {"extraArgs": _arguments(controller_manager)},
    }


def _kubelet_configuration() -> Document:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "cgroupDriver": "systemd",
    }


def _node_registration(spec: BootstrapSpec) -> Document:
    """What a cloud controller manager would set, set by the kubelet itself, since none runs.

    NodeRestriction lets a kubelet set exactly these well-known labels on itself
    (k8s.io/kubelet, pkg/apis/well_known_labels.go).
    """
    labels = {
        "node.kubernetes.io/instance-type": "@INSTANCE_TYPE@",
        "topology.kubernetes.io/region": spec.region,
        "topology.kubernetes.io/zone": "@AVAILABILITY_ZONE@",
    }
    arguments = {
        "node-ip": "@PRIVATE_IP@",
        "node-labels": ",".join(f"{key}={value}" for key, value in labels.items()),
        "provider-id": "aws:///@AVAILABILITY_ZONE@/@INSTANCE_ID@",
    }
    return {
        "name": "@NODE_NAME@",
        "kubeletExtraArgs": _arguments(arguments),
    }


def _arguments(values: dict[str, str]) -> list[Document]:
    """Command-line arguments as v1beta4 writes them: a list, since a flag may be given more than once."""
    return [{"name": name, "value": value} for name, value in values.items()]


def _timeouts() -> Document:
    """At least five minutes each: a new NLB takes that long until it has addresses and healthy targets.

    kubeadm's own limits are shorter for these four; those for discovery and tlsBootstrap are five minutes.
    """
    kinds = ("controlPlaneComponentHealthCheck", "etcdAPICall", "kubeletHealthCheck", "kubernetesAPICall")
    return dict.fromkeys(kinds, "10m0s")
