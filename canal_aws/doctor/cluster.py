"""The cluster as its API has it: Nodes, Canal's objects, Calico's own, bootstrap tokens, and the certificates shown."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from canal_aws.day_two import certificates as day_two
from canal_aws.day_two.certificates import Ending
from canal_aws.day_two.waiting import steadily
from canal_aws.doctor.wanted import Wanted
from canal_aws.manifests.objects import NAMESPACE
from canal_aws.preflight.live.asking import Asking
from canal_aws.stack.kubernetes_api import KubernetesApi

_CALICO = "/apis/crd.projectcalico.org/v1"
_TOKENS = f"/api/v1/namespaces/{NAMESPACE}/secrets?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken"
#: Where the API has the kinds of Canal that are compared.
_PATHS = {
    "ConfigMap": f"/api/v1/namespaces/{NAMESPACE}/configmaps",
    "DaemonSet": f"/apis/apps/v1/namespaces/{NAMESPACE}/daemonsets",
    "Deployment": f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments",
}


@dataclass(frozen=True)
class Access:
    """The administrator's kubeconfig, from the stack's outputs."""

    kubeconfig: str


@dataclass(frozen=True)
class ApiServer:
    """GET /version: what the API server says of itself. All else is asked only once it answers."""

    api: KubernetesApi
    version: str

    def get(self, path: str) -> Mapping[str, Any]:
        """What is at `path`, asked again for some seconds where the server says "not yet" (429, new definitions)."""
        return steadily(lambda: self.api.get(path))

    def find(self, path: str) -> Mapping[str, Any] | None:
        """The same; None where there is no such thing."""
        return steadily(lambda: self.api.find(path))


@dataclass(frozen=True)
class ClusterNode:
    """One Node. Conditions are by type: (status, reason, message)."""

    name: str
    provider_id: str
    created: datetime
    conditions: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    pod_cidr: str = ""
    taints: tuple[str, ...] = ()
    kubelet: str = ""
    unschedulable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> ClusterNode:
        """From the API's JSON."""
        metadata, spec, status = item["metadata"], item.get("spec") or {}, item.get("status") or {}
        return cls(
            name=str(metadata["name"]),
            provider_id=str(spec.get("providerID") or ""),
            created=datetime.fromisoformat(metadata["creationTimestamp"]),
            conditions={
                str(each["type"]): (str(each["status"]), str(each.get("reason", "")), str(each.get("message", "")))
                for each in status.get("conditions") or ()
            },
            pod_cidr=str(spec.get("podCIDR") or ""),
            taints=tuple(str(each["key"]) for each in spec.get("taints") or ()),
            kubelet=str((status.get("nodeInfo") or {}).get("kubeletVersion", "")),
            unschedulable=bool(spec.get("unschedulable")),
            labels=metadata.get("labels") or {},
            annotations=metadata.get("annotations") or {},
        )

    @property
    def instance_id(self) -> str:
        """The instance that it says it is; "" where it says none."""
        return self.provider_id.rpartition("/")[2]


@dataclass(frozen=True)
class ClusterNodes:
    """Every Node."""

    items: tuple[ClusterNode, ...]


@dataclass(frozen=True)
class CanalObjects:
    """By (kind, name): the ConfigMaps, DaemonSet and Deployment that the program makes, where they are there."""

    found: Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class CalicoObjects:
    """By name, the IPPools', BGPPeers' and BGPConfigurations' specs."""

    ip_pools: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bgp_peers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    bgp_configurations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class BootstrapTokens:
    """When each token that lets a node join ends; None for one without an end. Their secrets are not kept."""

    ends: tuple[datetime | None, ...]


@dataclass(frozen=True)
class AdministratorCertificate:
    """The end of the kubeconfig's client certificate; None where it holds none."""

    ending: Ending | None


@dataclass(frozen=True)
class ServerCertificates:
    """By control-plane node, the end of its API server's certificate, of those that the endpoint showed."""

    by_node: Mapping[str, Ending]


def api_server(access: Access) -> ApiServer:
    """Whether it answers at all."""
    api = KubernetesApi(access.kubeconfig)
    return ApiServer(api, str(api.get("/version").get("gitVersion", "")))


def cluster_nodes(server: ApiServer) -> ClusterNodes:
    """Every Node."""
    return ClusterNodes(tuple(ClusterNode.of(each) for each in server.get("/api/v1/nodes").get("items") or ()))


def canal_objects(asking: Asking, server: ApiServer, wanted: Wanted) -> CanalObjects:
    """Each object by its name."""
    keys = [(each["kind"], each["metadata"]["name"]) for each in wanted.manifests if each["kind"] in _PATHS]
    found = asking.each(lambda key: server.find(f"{_PATHS[key[0]]}/{key[1]}"), keys)
    return CanalObjects({key: each for key, each in zip(keys, found, strict=True) if each is not None})


def calico_objects(asking: Asking, server: ApiServer) -> CalicoObjects:
    """Calico's own resources; none where the definitions are gone."""

    def ask(plural: str) -> Mapping[str, Mapping[str, Any]]:
        listed = server.find(f"{_CALICO}/{plural}") or {}
        return {str(each["metadata"]["name"]): each.get("spec") or {} for each in listed.get("items") or ()}

    return CalicoObjects(*asking.each(ask, ("ippools", "bgppeers", "bgpconfigurations")))


def bootstrap_tokens(server: ApiServer) -> BootstrapTokens:
    """The Secrets of kube-system that authenticate a node's join."""
    secrets = (each.get("data") or {} for each in server.get(_TOKENS).get("items") or ())
    return BootstrapTokens(tuple(_end(data) for data in secrets if "usage-bootstrap-authentication" in data))


def _end(data: Mapping[str, str]) -> datetime | None:
    text = data.get("expiration")
    return datetime.fromisoformat(base64.b64decode(text).decode()) if text else None


def administrator_certificate(access: Access) -> AdministratorCertificate:
    """Read from the kubeconfig: it tells why an API server may refuse."""
    return AdministratorCertificate(day_two.administrator(access.kubeconfig))


def server_certificates(access: Access, server: ApiServer, wanted: Wanted) -> ServerCertificates:
    """Behind a load balancer several connections are needed to see every node's."""
    names = {node.name for node in wanted.plan.of_role("control-plane")}
    return ServerCertificates(day_two.api_servers(access.kubeconfig, names))


SOURCES = (
    api_server,
    cluster_nodes,
    canal_objects,
    calico_objects,
    bootstrap_tokens,
    administrator_certificate,
    server_certificates,
)
