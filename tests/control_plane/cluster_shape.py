"""What a control plane's flags are derived from, read out of kubeadm's own documents (kubeadm.k8s.io/v1beta4)."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from canal_aws.errors import CanalError

KUBEADM_YAML = "/etc/canal-aws/kubeadm.yaml"
API_VERSION = "kubeadm.k8s.io/v1beta4"
DEFAULT_NODE_CIDR_MASK_SIZE = 24  # kube-controller-manager's own default for IPv4
REQUIRED_KINDS = ("InitConfiguration", "ClusterConfiguration")


class ShapeRefused(CanalError):
    """The documents lack something, or hold what no component would take."""


@dataclass(frozen=True)
class ClusterShape:
    """The part of a cluster's configuration that decides how its control plane is started."""

    pod_cidr: str
    service_cidr: str
    kubernetes_version: str
    allocate_node_cidrs: bool = True
    node_cidr_mask_size: int = DEFAULT_NODE_CIDR_MASK_SIZE
    cluster_name: str = "kubernetes"
    dns_domain: str = "cluster.local"
    # What the API server tells Pods to dial: the node's own private address. Nothing on this machine dials it.
    advertise_address: str = "10.0.0.10"
    cert_sans: tuple[str, ...] = ()
    # kubeadm's extraArgs: component (kubeadm's key: apiServer, controllerManager, scheduler) to (name, value) pairs
    extra_args: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    @property
    def service_address(self) -> str:
        """The first address of the service CIDR: the Service `kubernetes`, which the certificate must name."""
        return str(ipaddress.ip_network(self.service_cidr)[1])

    @classmethod
    def of(cls, documents: Mapping[str, Mapping[str, Any]]) -> Self:
        """The shape that kubeadm would make of its documents; raises ShapeRefused for what is missing."""
        for kind in REQUIRED_KINDS:
            if kind not in documents:
                raise ShapeRefused(f"{KUBEADM_YAML} has no {kind} document")
            if (found := documents[kind].get("apiVersion")) != API_VERSION:
                raise ShapeRefused(f"{KUBEADM_YAML} {kind}: apiVersion is {found!r}, expected {API_VERSION}")
        cluster = documents["ClusterConfiguration"]
        endpoint = _mapping(documents["InitConfiguration"], "InitConfiguration", "localAPIEndpoint")
        networking = _mapping(cluster, "ClusterConfiguration", "networking")
        extra_args = {
            component: _extra_args(_mapping(cluster, "ClusterConfiguration", component), component)
            for component in ("apiServer", "controllerManager", "scheduler")
        }
        manager = dict(extra_args["controllerManager"])
        return cls(
            pod_cidr=_cidr(networking, "podSubnet"),
            service_cidr=_cidr(networking, "serviceSubnet"),
            kubernetes_version=_text(cluster, "kubernetesVersion", "ClusterConfiguration").removeprefix("v"),
            # kubeadm turns allocation on wherever a podSubnet is given; extraArgs win.
            allocate_node_cidrs=_boolean(manager.get("allocate-node-cidrs", "true")),
            node_cidr_mask_size=_mask_size(manager, networking),
            cluster_name=str(cluster.get("clusterName") or "kubernetes"),
            dns_domain=str(networking.get("dnsDomain") or "cluster.local"),
            advertise_address=_text(endpoint, "advertiseAddress", "InitConfiguration.localAPIEndpoint"),
            cert_sans=_sans(cluster),
            extra_args=extra_args,
        )


def _mapping(document: Mapping[str, Any], where: str, key: str) -> Mapping[str, Any]:
    value = document.get(key) or {}
    if not isinstance(value, Mapping):
        raise ShapeRefused(f"{KUBEADM_YAML} {where}.{key}: {value!r} is not a mapping")
    return value


def _text(document: Mapping[str, Any], key: str, where: str) -> str:
    if not document.get(key):
        raise ShapeRefused(f"{KUBEADM_YAML} {where} lacks {key}")
    return str(document[key])


def _cidr(networking: Mapping[str, Any], key: str) -> str:
    text = _text(networking, key, "ClusterConfiguration.networking")
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ShapeRefused(f"{KUBEADM_YAML} ClusterConfiguration.networking.{key}: {error}") from error


def _extra_args(component: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    entries = component.get("extraArgs") or []
    if not isinstance(entries, list):
        raise ShapeRefused(
            f"{KUBEADM_YAML} ClusterConfiguration.{name}.extraArgs is a {type(entries).__name__}: "
            f"{API_VERSION} takes a list of {{name, value}}"
        )
    pairs = []
    for entry in entries:
        if not isinstance(entry, Mapping) or "name" not in entry or "value" not in entry:
            raise ShapeRefused(f"{KUBEADM_YAML} ClusterConfiguration.{name}.extraArgs: {entry!r} lacks name or value")
        pairs.append((str(entry["name"]), str(entry["value"])))
    return tuple(pairs)


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ShapeRefused(
            f"{KUBEADM_YAML} controllerManager.extraArgs allocate-node-cidrs: {value!r} is neither true nor false"
        )
    return value.lower() == "true"


def _mask_size(manager: Mapping[str, str], networking: Mapping[str, Any]) -> int:
    text = manager.get("node-cidr-mask-size", str(DEFAULT_NODE_CIDR_MASK_SIZE))
    pod_prefix = ipaddress.ip_network(str(networking["podSubnet"])).prefixlen
    if not text.isdigit() or not pod_prefix <= int(text) <= 32:
        raise ShapeRefused(
            f"{KUBEADM_YAML} controllerManager.extraArgs node-cidr-mask-size: {text!r} is not between the pod "
            f"subnet's /{pod_prefix} and 32"
        )
    return int(text)


def _sans(cluster: Mapping[str, Any]) -> tuple[str, ...]:
    sans = [str(san) for san in _mapping(cluster, "ClusterConfiguration", "apiServer").get("certSANs") or []]
    if endpoint := str(cluster.get("controlPlaneEndpoint") or ""):
        sans.append(endpoint.rsplit(":", 1)[0])
    return tuple(san for san in sans if san)
