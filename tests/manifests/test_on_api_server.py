"""A real API server decides: strict validation, structural schemas, pruning, and the rules in CEL.

What it cannot decide: whether Calico and flannel then do what their configuration says.
"""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from architectures import ARCHITECTURES, CALICO_IPIP, FLANNEL_VXLAN, Architecture
from canal_aws.manifests import ClusterNetwork, Manifest, build, identity, render_yaml
from canal_aws.sandbox.toolchain import ensure
from tests.manifests.server_side_apply import KubeApi, Refused

pytestmark = pytest.mark.component

NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")


@pytest.fixture(scope="module")
def calico_api(canal_api: KubeApi) -> KubeApi:
    """An API server that serves Calico's kinds."""
    canal_api.apply_all(build(FLANNEL_VXLAN, NETWORK))
    return canal_api


def calico(kind: str, name: str, spec: dict[str, Any], namespace: str | None = None) -> Manifest:
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {"apiVersion": "crd.projectcalico.org/v1", "kind": kind, "metadata": metadata, "spec": spec}


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)
def test_every_object_is_accepted_and_kept_as_it_is(canal_api: KubeApi, architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    stored = canal_api.apply_all(objects)
    assert [identity(item) for item in stored] == [identity(item) for item in objects]
    for built, kept in zip(objects, stored, strict=True):
        assert missing(built, kept) == [], identity(built)
    again = canal_api.apply_all(objects)
    versions = [item["metadata"].get("generation") for item in stored]
    assert [item["metadata"].get("generation") for item in again] == versions, "applying twice changed something"


def test_kubectl_takes_the_printed_yaml(calico_api: KubeApi) -> None:
    """Of the architecture with most kinds; and nothing conflicts with the manager that applied it before."""
    objects = build(CALICO_IPIP, NETWORK)
    calico_api.apply_all(objects)
    kubectl = ensure(["kubectl"]).path("kubectl")
    done = subprocess.run(
        [kubectl, "--kubeconfig", calico_api.kubeconfig_path, "apply", "--server-side", "--validate=strict", "-f", "-"],
        input=render_yaml(objects),
        text=True,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(objects)


def missing(built: Any, kept: Any, path: str = "") -> list[str]:
    """Paths of what was sent and is not there: pruned, or changed."""
    if isinstance(built, dict) and isinstance(kept, dict):
        return [
            line
            for key, value in built.items()
            for line in (missing(value, kept[key], f"{path}.{key}") if key in kept else [f"{path}.{key}"])
        ]
    if isinstance(built, list) and isinstance(kept, list) and len(built) == len(kept):
        return [line for i, value in enumerate(built) for line in missing(value, kept[i], f"{path}[{i}]")]
    return [] if built == kept else [f"{path}: {built!r} became {kept!r}"]


RULE = {
    "action": "Allow",
    "protocol": "TCP",
    "source": {"selector": "app == 'web'", "notPorts": [25]},
    "destination": {"ports": [443, "8000:8080", "metrics"], "nets": ["10.0.0.0/16"]},
    "http": {"methods": ["GET"], "paths": [{"prefix": "/api"}]},
}

# One of each kind that people write, with nested fields, as in Calico's reference.
WRITTEN_BY_PEOPLE = [
    calico(
        "NetworkPolicy",
        "web",
        {"tier": "default", "order": 12.5, "selector": "all()", "types": ["Ingress"], "ingress": [RULE]},
        "default",
    ),
    calico(
        "GlobalNetworkPolicy",
        "hosts",
        {"selector": "has(host)", "preDNAT": True, "applyOnForward": True, "ingress": [{"action": "Deny"}]},
    ),
    calico("StagedNetworkPolicy", "web", {"stagedAction": "Set", "egress": [RULE]}, "default"),
    calico("StagedGlobalNetworkPolicy", "all", {"namespaceSelector": "global()", "egress": [{"action": "Pass"}]}),
    calico(
        "StagedKubernetesNetworkPolicy",
        "web",
        {
            "podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]},
            "ingress": [
                {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": "http"}]}
            ],
        },
        "default",
    ),
    calico("GlobalNetworkSet", "office", {"nets": ["203.0.113.0/24"]}),
    calico("NetworkSet", "office", {"nets": ["203.0.113.0/24"]}, "default"),
    calico(
        "HostEndpoint",
        "node-1-ens5",
        {"node": "node-1", "interfaceName": "ens5", "ports": [{"name": "ssh", "port": 22, "protocol": 6}]},
    ),
    calico("IPReservation", "gateways", {"reservedCIDRs": ["10.128.0.1/32"]}),
    calico(
        "BGPConfiguration",
        "default",
        {"asNumber": 64512, "nodeToNodeMeshEnabled": False, "serviceClusterIPs": [{"cidr": "10.96.0.0/16"}]},
    ),
    calico(
        "BGPPeer",
        "reflectors",
        {"peerSelector": "has(reflector)", "password": {"secretKeyRef": {"name": "bgp", "key": "password"}}},
    ),
    calico(
        "BGPFilter",
        "out",
        {
            "exportV4": [
                {
                    "action": "Accept",
                    "cidr": "10.128.0.0/13",
                    "matchOperator": "In",
                    "prefixLength": {"min": 24, "max": 26},
                    "operations": [{"addCommunity": {"value": "64512:4294"}}],
                }
            ]
        },
    ),
    calico(
        "FelixConfiguration",
        "default",
        {
            "awsSrcDstCheck": "DoNothing",
            "reportingInterval": "1.5s",
            "failsafeInboundHostPorts": [{"protocol": "tcp", "port": 22, "net": "10.0.0.0/8"}],
            "kubeNodePortRanges": ["30000:32767", 8080],
            "routeTableRanges": [{"min": 65, "max": 99}],
            "bpfConntrackTimeouts": {"tcpEstablished": "Auto"},
        },
    ),
    calico(
        "KubeControllersConfiguration",
        "default",
        {"controllers": {"node": {"leakGracePeriod": "15m0s", "hostEndpoint": {"autoCreate": "Disabled"}}}},
    ),
    calico("Tier", "platform", {"order": 100, "defaultAction": "Pass"}),
    calico("CalicoNodeStatus", "node-1", {"classes": ["BGP"], "node": "node-1", "updatePeriodSeconds": 10}),
    {
        "apiVersion": "policy.networking.k8s.io/v1alpha2",
        "kind": "ClusterNetworkPolicy",
        "metadata": {"name": "no-metadata"},
        "spec": {
            "tier": "Admin",
            "priority": 10,
            "subject": {"namespaces": {}},
            "egress": [
                {
                    "action": "Deny",
                    "to": [{"networks": ["169.254.169.254/32"]}],
                    "protocols": [{"tcp": {"destinationPort": {"range": {"start": 80, "end": 90}}}}],
                }
            ],
        },
    },
]


@pytest.mark.parametrize("item", WRITTEN_BY_PEOPLE, ids=lambda item: str(item["kind"]))
def test_what_people_write_is_kept_whole(calico_api: KubeApi, item: Manifest) -> None:
    assert missing(item, calico_api.apply(item)) == []
    calico_api.delete(item)


# (object, what the server must say)
REFUSED: list[tuple[Manifest, str]] = [
    (calico("NetworkPolicy", "bad", {"ingres": [RULE]}, "default"), "ingres: field not declared in schema"),
    (
        calico("NetworkPolicy", "bad", {"ingress": [{**RULE, "destination": {"port": [1]}}]}, "default"),
        "port: field not declared in schema",
    ),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipmode": "Always"}), "ipipmode: field not declared"),
    (calico("FelixConfiguration", "bad", {"logSeverity": "Info"}), "logSeverity: field not declared in schema"),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0"}), "spec.cidr"),
    (calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipMode": "Sometimes"}), "Unsupported value"),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "ipipMode": "Always", "vxlanMode": "CrossSubnet"}),
        "ipipMode and vxlanMode exclude one another",
    ),
    (calico("IPPool", "bad", {"cidr": "fd00::/64", "ipipMode": "Always"}), "IPIP carries IPv4 only"),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "allowedUses": ["LoadBalancer", "Tunnel"]}),
        "no other use",
    ),
    (
        calico("IPPool", "bad", {"cidr": "10.9.0.0/16", "allowedUses": ["LoadBalancer"], "ipipMode": "Always"}),
        "is not encapsulated",
    ),
    (
        calico("GlobalNetworkPolicy", "bad", {"preDNAT": True, "doNotTrack": True, "applyOnForward": True}),
        "exclude one another",
    ),
    (calico("GlobalNetworkPolicy", "bad", {"preDNAT": True}), "set applyOnForward"),
    (
        calico("GlobalNetworkPolicy", "bad", {"preDNAT": True, "applyOnForward": True, "types": ["Egress"]}),
        "leave out Egress",
    ),
    (
        calico(
            "GlobalNetworkPolicy",
            "bad",
            {"preDNAT": True, "applyOnForward": True, "egress": [{"action": "Deny"}]},
        ),
        "no egress rules",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{**RULE, "action": "Deny"}]}, "default"),
        "http is for rules that allow",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{**RULE, "protocol": "UDP"}]}, "default"),
        "http is matched in TCP only",
    ),
    (
        calico(
            "NetworkPolicy",
            "bad",
            {"egress": [{"action": "Allow", "destination": {"services": {"name": "a"}, "ports": [1]}}]},
            "default",
        ),
        "services bring their own ports",
    ),
    (
        calico("NetworkPolicy", "bad", {"egress": [{"action": "Allow", "icmp": {"code": 1}}]}, "default"),
        "needs an ICMP type",
    ),
    (calico("HostEndpoint", "bad", {"node": "node-1"}), "interfaceName or expectedIPs"),
    (calico("HostEndpoint", "bad", {"interfaceName": "ens5"}), "node must say which host"),
    (
        calico("BGPPeer", "bad", {"peerIP": "10.0.0.1", "peerSelector": "all()"}),
        "peerIP and peerSelector exclude one another",
    ),
    (calico("BGPPeer", "bad", {"peerSelector": "all()", "asNumber": 64512}), "asNumber must be empty"),
    (calico("BGPPeer", "bad", {"localWorkloadSelector": "all()"}), "localWorkloadSelector needs asNumber"),
    (
        calico("BGPConfiguration", "bad", {"nodeToNodeMeshEnabled": False, "nodeMeshMaxRestartTime": "1s"}),
        "is for the mesh, which is off",
    ),
    (
        calico("BGPFilter", "bad", {"importV4": [{"action": "Accept", "cidr": "10.0.0.0/8"}]}),
        "cidr and matchOperator belong together",
    ),
    (
        calico("BGPFilter", "bad", {"importV6": [{"action": "Accept", "prefixLength": {"min": 1}}]}),
        "prefixLength needs cidr",
    ),
    (
        calico("BGPFilter", "bad", {"importV4": [{"action": "Reject", "operations": [{"setPriority": {"value": 1}}]}]}),
        "operations are for action Accept",
    ),
    (calico("Tier", "kube-admin", {"defaultAction": "Deny"}), "the tier kube-admin ends in Pass"),
    (calico("FelixConfiguration", "node.one", {"nodeSelector": "all()"}), "beside default and node"),
    (
        calico("FelixConfiguration", "bad", {"routeTableRange": {"min": 1, "max": 2}, "routeTableRanges": []}),
        "routeTableRange and routeTableRanges exclude",
    ),
]


@pytest.mark.parametrize(("item", "reason"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_mistakes_are_refused_by_name(calico_api: KubeApi, item: Manifest, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        calico_api.apply(item)
    assert reason in str(refusal.value)


def test_a_pools_block_size_stays(calico_api: KubeApi) -> None:
    pool = calico("IPPool", "small", {"cidr": "10.9.0.0/24", "blockSize": 28})
    calico_api.apply(pool)
    pool["spec"]["blockSize"] = 26
    with pytest.raises(Refused, match="cannot change once pods have addresses"):
        calico_api.apply(pool)
    calico_api.delete(pool)


def test_calicos_own_data_is_never_pruned(calico_api: KubeApi) -> None:
    """As a Calico of another version would write it: fields that these schemas have never heard of, and nulls."""
    block = calico(
        "IPAMBlock",
        "10-128-0-0-26",
        {
            "cidr": "10.128.0.0/26",
            "affinity": "host:node-1",
            "strictAffinity": False,
            "allocations": [0, None, None, 1],
            "attributes": [{"handle_id": "k8s-pod-network.abc", "secondary": {"pod": "web-0"}}],
            "unallocated": [1, 2],
            "sequenceNumberForAllocation": {"0": 12},
            "ofAnotherVersion": {"nested": [{"deep": None}, 1]},
        },
    )
    calico_api.apply(block)
    assert calico_api.get(block)["spec"] == block["spec"]
    calico_api.delete(block)
