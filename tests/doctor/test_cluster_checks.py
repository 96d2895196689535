"""Every drift in Kubernetes is found, named and given a repair, and what is new is not taken for broken."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from canal_aws.day_two.certificates import Ending
from canal_aws.doctor.cluster import (
    AdministratorCertificate,
    ApiServer,
    BootstrapTokens,
    CalicoObjects,
    CanalObjects,
    ClusterNodes,
    ServerCertificates,
)
from canal_aws.doctor.services import Snapshots
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Outcome
from tests.doctor import healthy
from tests.doctor.breaking import FIRST, ROLL, UP, WORKER, Broken, canal, finds, machine, node, said, way_out
from tests.doctor.healthy import NOW, Facts


def _stranger(facts: Facts) -> None:
    items = facts[ClusterNodes].items
    stranger = replace(items[0], name="gone", provider_id="aws:///us-east-1a/i-gone", pod_cidr="10.129.250.0/24")
    facts[ClusterNodes] = ClusterNodes((*items, stranger))


def _no_node(facts: Facts) -> None:
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in facts[ClusterNodes].items if each.name != WORKER))


def _ends(kind: type, days: int) -> Broken:
    def broken(facts: Facts) -> None:
        ending = Ending(FIRST, NOW + timedelta(days=days, hours=1))
        facts[kind] = ServerCertificates({FIRST: ending}) if kind is ServerCertificates else kind(ending)

    return broken


def _image(facts: Facts, kind: str, name: str, image: str) -> None:
    canal(facts, kind, name, lambda item: item["spec"]["template"]["spec"]["containers"][0].update(image=image))


@pytest.mark.parametrize(
    ("broken", "check", "words", "repair"),
    [
        (
            lambda f: f.update({BootstrapTokens: BootstrapTokens((NOW,))}),
            "bootstrap-tokens",
            "no bootstrap token",
            "systemctl",
        ),
        (_ends(ServerCertificates, 29), "server-certificates", "ends in 29 days", "canal-aws certificates"),
        (_ends(ServerCertificates, -1), "server-certificates", "certificate ended", "canal-aws certificates"),
        (_ends(AdministratorCertificate, 5), "administrator-certificate", "ends in 5 days", "canal-aws certificates"),
        (
            lambda f: f.update({ServerCertificates: ServerCertificates({})}),
            "server-certificates",
            "was not seen",
            "looks again",
        ),
        (
            lambda f: node(f, WORKER, conditions={"Ready": ("False", "KubeletNotReady", "cni config uninitialized")}),
            "nodes-ready",
            "KubeletNotReady: cni config uninitialized",
            ROLL,
        ),
        (
            lambda f: node(
                f,
                WORKER,
                conditions={"Ready": ("True", "", ""), "NetworkUnavailable": ("True", "NoRouteCreated", "m")},
            ),
            "nodes-ready",
            "NetworkUnavailable, NoRouteCreated",
            "kubectl -n kube-system get pods",
        ),
        (lambda f: node(f, WORKER, unschedulable=True), "nodes-ready", "cordoned", f"kubectl uncordon {WORKER}"),
        (_stranger, "nodes-and-instances", "Node gone: no instance of this stack", "kubectl delete node gone"),
        (
            lambda f: node(f, WORKER, provider_id="aws:///z/i-old"),
            "nodes-and-instances",
            "i-old, wanted that of",
            ROLL,
        ),
        (_no_node, "nodes-and-instances", "runs and has no Node", ROLL),
        (lambda f: node(f, WORKER, pod_cidr=""), "pod-cidrs-of-nodes", "no podCIDR", ROLL),
        (lambda f: node(f, WORKER, pod_cidr="10.128.77.0/24"), "pod-cidrs-of-nodes", "10.128.77.0/24, wanted", ROLL),
        (
            lambda f: node(f, WORKER, taints=("node.cloudprovider.kubernetes.io/uninitialized",)),
            "lingering-taints",
            "is still there",
            "cloudControllerManager is off",
        ),
        (
            lambda f: node(f, WORKER, kubelet="v1.37.0"),
            "kubernetes-versions-now",
            "does not support them together",
            ROLL,
        ),
        (lambda f: node(f, WORKER, kubelet="v1.36.2"), "kubernetes-versions-now", "kubelet v1.36.2", ROLL),
        (
            lambda f: f.update({ApiServer: ApiServer(None, "v1.36.2")}),  # type: ignore[arg-type]  # nobody asks it
            "kubernetes-versions-now",
            "the API server runs v1.36.2",
            "the control plane is not replaced",
        ),
        (
            lambda f: canal(f, "ConfigMap", "canal-config", lambda item: item["data"].update(masquerade="false")),
            "config-maps-as-built",
            "masquerade is “false”, wanted “true”",
            """patch configmap canal-config --type merge -p '{"data": {"masquerade": "true"}}'""",
        ),
        (
            lambda f: canal(f, "ConfigMap", "canal-config", lambda item: item["data"].update(veth_mtu="1440")),
            "pod-mtu-as-built",
            "pod MTU 1440",
            """-p '{"data": {"veth_mtu": "9001"}}'""",
        ),
        (
            lambda f: _image(f, "DaemonSet", "canal", "old:1"),
            "canal-images",
            "runs old:1, wanted quay.io",
            "kubectl -n kube-system set image daemonset/canal",
        ),
        (
            lambda f: f[CanalObjects].found.pop(("DaemonSet", "canal")),
            "canal-rollout",
            "DaemonSet canal: not there",
            UP,
        ),
        (
            lambda f: canal(f, "DaemonSet", "canal", lambda item: item["status"].update(numberReady=2)),
            "canal-rollout",
            "2 ready, 3 up to date of 3 wanted",
            "rollout status daemonset/canal",
        ),
        (
            lambda f: canal(f, "Deployment", "calico-kube-controllers", lambda item: item.pop("status")),
            "canal-rollout",
            "0 available, wanted 1",
            "kubectl -n kube-system describe deployment",
        ),
        (
            lambda f: f.update({CalicoObjects: CalicoObjects({"mine": {"cidr": "10.200.0.0/16"}})}),
            "ip-pools",
            "IPPool mine (10.200.0.0/16): not the program's",
            "kubectl delete",
        ),
    ],
)
def test_each_drift_is_found_by_one_check_with_its_repair(broken: Broken, check: str, words: str, repair: str) -> None:
    finds(broken, check, words, repair)


@pytest.mark.parametrize("key", ["masquerade", "veth_mtu"])
def test_pods_that_read_a_config_map_set_back_are_made_anew(key: str) -> None:
    facts = healthy.facts()
    canal(facts, "ConfigMap", "canal-config", lambda item: item["data"].update({key: "1"}))
    ((_, finding),) = said(facts)
    assert "then `kubectl -n kube-system rollout restart daemonset/canal`" in finding.way_out


def test_nobody_restarts_for_the_plan_of_pod_cidrs_which_the_api_server_reads() -> None:
    facts = healthy.facts()
    canal(facts, "ConfigMap", "canal-aws-pod-cidrs", lambda item: item["data"].update({WORKER: "10.128.77.0/24"}))
    ((_, finding),) = said(facts)
    assert finding.way_out.startswith("`kubectl -n kube-system patch configmap canal-aws-pod-cidrs")
    assert "rollout" not in finding.way_out


def test_a_pod_cidr_held_twice_is_blamed_on_who_was_not_planned_for_it() -> None:
    facts = healthy.facts()
    held = facts[ClusterNodes].items[-1].pod_cidr
    impostor = replace(facts[ClusterNodes].items[0], name="a-stranger", pod_cidr=held)
    facts[ClusterNodes] = ClusterNodes((impostor, *facts[ClusterNodes].items))
    (finding,) = [each for name, each in said(facts) if name == "pod-cidrs-of-nodes"]
    assert finding.what.startswith("Node a-stranger")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ipipMode": "Always"}, "ipipMode Always, wanted CrossSubnet"),
        ({"natOutgoing": False}, "natOutgoing False, wanted True"),
        ({"disabled": True}, "disabled"),
    ],
)
def test_the_pool_of_calico_is_compared_field_by_field(change: dict[str, Any], words: str) -> None:
    facts = healthy.facts("calico-ipip")
    ((name, spec),) = facts[CalicoObjects].ip_pools.items()
    facts[CalicoObjects] = CalicoObjects(ip_pools={name: {**spec, **change}})
    ((check, finding),) = said(facts)
    assert check == "ip-pools"
    assert words in finding.what


def test_without_a_mesh_there_must_be_reflectors_and_with_reflectors_no_mesh() -> None:
    off = {"default": {"nodeToNodeMeshEnabled": False}}
    facts = healthy.facts("calico-ipip")
    facts[CalicoObjects] = replace(facts[CalicoObjects], bgp_configurations=off)
    ((_, finding),) = said(facts)
    assert "have no reflectors" in finding.what

    many = healthy.facts("calico-ipip", workersPerZone=60)
    found = {each.what.partition(":")[0] for _, each in said(many)}
    assert found == {"BGPPeer peer-with-route-reflectors", f"Node {FIRST}", "BGPConfiguration default"}
    reflectors = many[Wanted].reflectors
    assert reflectors is not None
    (peering,), (reflector,) = reflectors.peerings, reflectors.nodes
    peers = {peering["metadata"]["name"]: peering["spec"]}
    many[CalicoObjects] = replace(many[CalicoObjects], bgp_configurations=off, bgp_peers=peers)
    metadata = reflector["metadata"]
    node(many, FIRST, labels=metadata["labels"], annotations=metadata["annotations"])
    assert said(many) == []

    name, spec = peering["metadata"]["name"], peering["spec"]
    changed = {name: {**spec, "peerSelector": "has(nobody)"}}
    many[CalicoObjects] = replace(many[CalicoObjects], bgp_configurations={"default": {}}, bgp_peers=changed)
    node(many, FIRST, labels={})
    repaired = {each.what.partition(":")[0]: each.way_out for _, each in said(many)}
    # Whoever changed a field owns it: a patch of just that one, since an `up` would end in a conflict.
    patch = json.loads(shlex.split(repaired[f"BGPPeer {name}"].strip("`"))[-1])
    assert patch == {"spec": {"peerSelector": spec["peerSelector"]}}
    assert "kubectl patch node" in repaired[f"Node {FIRST}"]
    assert '"nodeToNodeMeshEnabled": false' in repaired["BGPConfiguration default"]


@pytest.mark.parametrize(
    ("broken", "words", "repair"),
    [
        (lambda f: node(f, FIRST, kubelet="v1.36.2"), f"Node {FIRST}: kubelet", f"roll --only {FIRST} --replace`"),
        (
            lambda f: f.update({ApiServer: ApiServer(None, "v1.36.2")}),  # type: ignore[arg-type]  # nobody asks it
            "the API server runs v1.36.2",
            "roll --only control-plane`",
        ),
        (lambda f: f.update({Snapshots: Snapshots(())}), "no snapshot of etcd", "roll --only control-plane`"),
    ],
)
def test_no_roll_is_advised_that_would_refuse_its_control_plane_node(broken: Broken, words: str, repair: str) -> None:
    """Nor where more are configured than any `up` has made."""
    single, grown, three = healthy.facts(), healthy.facts(controlPlaneNodes=3), healthy.facts(controlPlaneNodes=3)
    grown[Wanted] = replace(grown[Wanted], ids=single[Wanted].ids)
    for facts in (single, grown):
        broken(facts)
        assert "canal-aws roll" not in way_out(facts, words)
        assert "Set controlPlaneNodes to 3, run `pulumi up` and roll then" in way_out(facts, words)
    broken(three)
    assert repair in way_out(three, words)
    assert "controlPlaneNodes" not in way_out(three, words)


def test_what_is_new_is_not_taken_for_broken() -> None:
    facts = healthy.facts()
    starting = NOW - timedelta(minutes=5)
    node(facts, WORKER, created=starting, conditions={"Ready": ("False", "KubeletNotReady", "starting")}, pod_cidr="")
    machine(facts, "worker-b-0", since=starting)
    items = facts[ClusterNodes].items
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in items if each.name != "worker-b-0"))
    found = said(facts)
    assert {name for name, _ in found} == {"nodes-ready", "pod-cidrs-of-nodes", "nodes-and-instances"}
    assert {each.outcome for _, each in found} == {Outcome.WARNING}
