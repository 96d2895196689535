"""Every drift is found, named and given a repair; a healthy stack of each architecture raises no alarm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import architectures
from canal_aws.day_two.certificates import Ending
from canal_aws.day_two.machines import Launched
from canal_aws.doctor.cluster import (
    AdministratorCertificate,
    ApiServer,
    BootstrapTokens,
    CalicoObjects,
    CanalObjects,
    ClusterNodes,
    ServerCertificates,
)
from canal_aws.doctor.instances import Images, Machines, Protection, Templates
from canal_aws.doctor.services import Parameter, Parameters, Snapshots, TargetHealth, Targets
from canal_aws.doctor.vpc import SecurityGroups, SeenRoute, SeenRule, SeenRules, SubnetIds, Table, Tables
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.registry import doctor_checks
from canal_aws.preflight.report import evaluate
from tests.doctor import healthy
from tests.doctor.healthy import NOW, Facts

Broken = Callable[[Facts], None]
_WORKER, _FIRST = "worker-a-0", "control-plane-0"


def said(facts: Facts) -> list[tuple[str, Finding]]:
    """What is not ok, with the names of the checks."""
    report = evaluate(doctor_checks(), facts)
    found = [(check.name, each) for outcome in Outcome for check, each in report.of(outcome)]
    return [(name, each) for name, each in found if each.outcome is not Outcome.OK]


@pytest.mark.parametrize("architecture", architectures.names())
@pytest.mark.parametrize(
    "more", [{}, {"natGateways": "per-zone", "controlPlaneNodes": 3}, {"topology": "public"}, {"etcdSnapshotHours": 0}]
)
def test_a_healthy_stack_raises_no_alarm(architecture: str, more: dict[str, Any]) -> None:
    assert said(healthy.facts(architecture, **more)) == []


def machine(facts: Facts, name: str, **changes: Any) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines(tuple(replace(each, **changes) if each.name == name else each for each in items))


def node(facts: Facts, name: str, **changes: Any) -> None:
    items = facts[ClusterNodes].items
    facts[ClusterNodes] = ClusterNodes(tuple(replace(each, **changes) if each.name == name else each for each in items))


def table(facts: Facts, name: str, change: Callable[[tuple[SeenRoute, ...]], tuple[SeenRoute, ...]]) -> None:
    items = facts[Tables].items
    changed = (replace(each, routes=change(each.routes)) if each.name == name else each for each in items)
    facts[Tables] = Tables(tuple(changed))


def canal(facts: Facts, kind: str, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    change(facts[CanalObjects].found[kind, name])


def _stopped(facts: Facts) -> None:
    machine(facts, _WORKER, launched=Launched("stopped", healthy.IMAGE, "m7i.large"))


def _instance_gone(facts: Facts) -> None:
    facts[Machines] = Machines(tuple(each for each in facts[Machines].items if each.name != _WORKER))
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in facts[ClusterNodes].items if each.name != _WORKER))


def _another_instance(facts: Facts) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines((*items, replace(items[0], name="stranger", id="i-stranger")))


def _no_longer_configured(facts: Facts) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines((*items, replace(items[0], name="worker-z-0", id="i-z")))
    ids = facts[Wanted].ids
    instances = {**ids["aws:ec2/instance:Instance"], "worker-z-0": "i-z"}
    facts[Wanted] = replace(facts[Wanted], ids={**ids, "aws:ec2/instance:Instance": instances})


def _no_group(facts: Facts) -> None:
    left = {name: key for name, key in facts[SecurityGroups].ids.items() if name != "api-public"}
    facts[SecurityGroups] = SecurityGroups(left)
    facts[SeenRules] = SeenRules(tuple(each for each in facts[SeenRules].items if each.key[0] != "api-public"))


def _newer_template(facts: Facts) -> None:
    data = dict(facts[Templates].data)
    data[healthy.TEMPLATE, "$Latest"] = {**data[healthy.TEMPLATE, "1"], "ImageId": "ami-2"}
    facts[Templates] = Templates(data)


def _deprecated(facts: Facts) -> None:
    image = {"CreationDate": "2024-01-01T00:00:00.000Z", "DeprecationTime": "2026-01-01T00:00:00.000Z"}
    facts[Images] = Images({healthy.IMAGE: image})


def _table_gone(facts: Facts) -> None:
    facts[Tables] = Tables(tuple(each for each in facts[Tables].items if each.name != "edge"))


def _subnet_elsewhere(facts: Facts) -> None:
    moved = []
    for each in facts[Tables].items:
        kept = tuple(subnet for subnet in each.subnets if subnet != "subnet-nodes-a")
        moved.append(replace(each, subnets=(*kept, "subnet-nodes-a") if each.id == "rtb-main" else kept))
    facts[Tables] = Tables(tuple(moved))


def _target(state: str) -> Broken:
    def broken(facts: Facts) -> None:
        health = TargetHealth(state, "Health checks failed")
        facts[Targets] = Targets({"api-internal": {f"i-{_FIRST}": health}})

    return broken


def _parameter(name: str, version: int, hours: float) -> Broken:
    def broken(facts: Facts) -> None:
        changed = Parameter(version, NOW - timedelta(hours=hours))
        facts[Parameters] = Parameters({**facts[Parameters].by_name, name: changed})

    return broken


def _parameter_gone(facts: Facts) -> None:
    facts[Parameters] = Parameters({n: each for n, each in facts[Parameters].by_name.items() if n != "join"})


def _snapshot_of(hours: float) -> Broken:
    def broken(facts: Facts) -> None:
        (only,) = facts[Snapshots].items
        facts[Snapshots] = Snapshots((replace(only, made=NOW - timedelta(hours=hours)),))

    return broken


def _stranger(facts: Facts) -> None:
    items = facts[ClusterNodes].items
    stranger = replace(items[0], name="gone", provider_id="aws:///us-east-1a/i-gone", pod_cidr="10.129.250.0/24")
    facts[ClusterNodes] = ClusterNodes((*items, stranger))


def _no_node(facts: Facts) -> None:
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in facts[ClusterNodes].items if each.name != _WORKER))


def _ends(kind: type, days: int) -> Broken:
    def broken(facts: Facts) -> None:
        ending = Ending(_FIRST, NOW + timedelta(days=days, hours=1))
        facts[kind] = ServerCertificates({_FIRST: ending}) if kind is ServerCertificates else kind(ending)

    return broken


def _image(facts: Facts, kind: str, name: str, image: str) -> None:
    canal(facts, kind, name, lambda item: item["spec"]["template"]["spec"]["containers"][0].update(image=image))


_UP, _ROLL = "pulumi up --refresh", f"canal-aws roll --only {_WORKER}"
_DELETE = "aws ec2 delete-route --route-table-id rtb-nodes --destination-cidr-block"


@pytest.mark.parametrize(
    ("broken", "check", "words", "repair"),
    [
        (_stopped, "instances-as-planned", "stopped, wanted running", "aws ec2 start-instances"),
        (_instance_gone, "instances-as-planned", f"{_WORKER}: no instance", _UP),
        (
            _another_instance,
            "instances-as-planned",
            "stranger (i-stranger): not planned",
            "aws ec2 terminate-instances",
        ),
        (_no_longer_configured, "instances-as-planned", "worker-z-0 (i-z): not planned", "`pulumi up` removes it"),
        (lambda f: machine(f, _WORKER, zone="us-east-1f"), "node-addresses-as-planned", "zone us-east-1f", _ROLL),
        (lambda f: machine(f, _WORKER, private_ip="10.0.0.9"), "node-addresses-as-planned", "10.0.0.9, wanted", _ROLL),
        (lambda f: machine(f, _WORKER, pod_cidr=""), "node-addresses-as-planned", "canal-aws:pod-cidr none", _UP),
        (
            lambda f: machine(f, _WORKER, source_dest_check=True),
            "source-dest-check-as-wanted",
            "True, wanted False",
            _UP,
        ),
        (
            lambda f: machine(f, _WORKER, groups=("sg-other",)),
            "security-groups-of-instances",
            "sg-other, wanted worker",
            _UP,
        ),
        (
            lambda f: machine(f, _WORKER, metadata={"HttpEndpoint": "enabled", "HttpTokens": "optional"}),
            "instance-metadata-as-wanted",
            "HttpTokens optional, wanted required",
            "aws ec2 modify-instance-metadata-options",
        ),
        (lambda f: f.update({Protection: Protection({f"i-{_FIRST}": False})}), "termination-protection", _FIRST, _UP),
        (_no_group, "security-group-rules", "security group api-public: not there", _UP),
        (_newer_template, "launched-from-the-newest-template", "image ami-1 → ami-2", "canal-aws roll"),
        (_deprecated, "image-age", "deprecated since 2026-01-01", "canal-aws roll"),
        (lambda f: f.update({Images: Images({})}), "image-age", "lists it no longer", "canal-aws roll"),
        (_table_gone, "fixed-routes", "route table edge: not there", _UP),
        (lambda f: table(f, "nodes", lambda r: r[:1] + r[2:]), "fixed-routes", "0.0.0.0/0 is missing", _UP),
        (
            lambda f: table(f, "nodes", lambda r: (*r[:-1], replace(r[-1], target="eni-x"))),
            "pod-routes-as-planned",
            "leads to eni-x, wanted eni-worker-b-0",
            _UP,
        ),
        (
            lambda f: table(f, "nodes", lambda r: (*r[:-1], replace(r[-1], blackhole=True))),
            "blackhole-routes",
            "is a blackhole, eni-worker-b-0",
            _UP,
        ),
        (
            lambda f: table(f, "nodes", lambda r: (*r, SeenRoute("192.0.2.0/24", "pcx-1", blackhole=True))),
            "blackhole-routes",
            "192.0.2.0/24",
            f"{_DELETE} 192.0.2.0/24",
        ),
        (
            lambda f: table(f, "nodes", lambda r: (*r, SeenRoute("10.130.0.0/24", "pcx-1"))),
            "foreign-routes",
            "catches packets of the pod CIDR",
            f"{_DELETE} 10.130.0.0/24",
        ),
        (
            lambda f: table(f, "nodes", lambda r: (*r, SeenRoute("192.0.2.0/24", "pcx-1"))),
            "foreign-routes",
            "192.0.2.0/24 to pcx-1",
            "nothing where it is meant",
        ),
        (
            lambda f: table(f, "edge", lambda r: (*r, SeenRoute("pl-1", "vpce-1"))),
            "foreign-routes",
            "pl-1 to vpce-1",
            "--destination-prefix-list-id pl-1",
        ),
        (_subnet_elsewhere, "subnets-use-their-tables", "wanted nodes", _UP),
        (lambda f: f.update({SubnetIds: SubnetIds({})}), "subnets-use-their-tables", "subnet nodes-a: not there", _UP),
        (_target("unhealthy"), "targets-healthy", "unhealthy, Health checks failed", "canal-aws roll"),
        (_target("initial"), "targets-healthy", "is being checked", "look again"),
        (lambda f: f.update({Targets: Targets({"api-internal": {}})}), "targets-healthy", "is no target", _UP),
        (_parameter("join", 1, 0.1), "join-parameters", "still the placeholder", "canal-aws-publish"),
        (_parameter("join", 9, 1.9), "join-parameters", "wanted anew every 1 h", "canal-aws-publish"),
        (_parameter("join", 9, 3.1), "join-parameters", "no node can join", "canal-aws-publish"),
        (_parameter("control-plane-join", 9, 2.1), "join-parameters", "no node can join", "canal-aws-publish"),
        (_parameter_gone, "join-parameters", "/canal-aws/dev/join: not there", _UP),
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
        (_snapshot_of(25), "snapshot-age", "25.0 h old, wanted every 12 h", "canal-aws-snapshot"),
        (lambda f: f.update({Snapshots: Snapshots(())}), "snapshot-age", "no snapshot of etcd", "canal-aws-snapshot"),
        (
            lambda f: node(f, _WORKER, conditions={"Ready": ("False", "KubeletNotReady", "cni config uninitialized")}),
            "nodes-ready",
            "KubeletNotReady: cni config uninitialized",
            _ROLL,
        ),
        (
            lambda f: node(
                f,
                _WORKER,
                conditions={"Ready": ("True", "", ""), "NetworkUnavailable": ("True", "NoRouteCreated", "m")},
            ),
            "nodes-ready",
            "NetworkUnavailable, NoRouteCreated",
            "kubectl -n kube-system get pods",
        ),
        (lambda f: node(f, _WORKER, unschedulable=True), "nodes-ready", "cordoned", f"kubectl uncordon {_WORKER}"),
        (_stranger, "nodes-and-instances", "Node gone: no instance of this stack", "kubectl delete node gone"),
        (
            lambda f: node(f, _WORKER, provider_id="aws:///z/i-old"),
            "nodes-and-instances",
            "i-old, wanted that of",
            _ROLL,
        ),
        (_no_node, "nodes-and-instances", "runs and has no Node", _ROLL),
        (lambda f: node(f, _WORKER, pod_cidr=""), "pod-cidrs-of-nodes", "no podCIDR", _ROLL),
        (lambda f: node(f, _WORKER, pod_cidr="10.128.77.0/24"), "pod-cidrs-of-nodes", "10.128.77.0/24, wanted", _ROLL),
        (
            lambda f: node(f, _WORKER, taints=("node.cloudprovider.kubernetes.io/uninitialized",)),
            "lingering-taints",
            "is still there",
            "cloudControllerManager is off",
        ),
        (
            lambda f: node(f, _WORKER, kubelet="v1.37.0"),
            "kubernetes-versions-now",
            "does not support them together",
            _ROLL,
        ),
        (lambda f: node(f, _WORKER, kubelet="v1.36.2"), "kubernetes-versions-now", "kubelet v1.36.2", _ROLL),
        (
            lambda f: f.update({ApiServer: ApiServer(None, "v1.36.2")}),  # type: ignore[arg-type]  # nobody asks it
            "kubernetes-versions-now",
            "the API server runs v1.36.2",
            "canal-aws roll --only control-plane",
        ),
        (
            lambda f: canal(f, "ConfigMap", "canal-config", lambda item: item["data"].update(masquerade="false")),
            "config-maps-as-built",
            "masquerade is “false”, wanted “true”",
            """patch configmap canal-config --type merge -p '{"data": {"masquerade": "true"}}'""",
        ),
        (
            lambda f: canal(f, "ConfigMap", "canal-config", lambda item: item["data"].update(veth_mtu="1440")),
            "pod-mtu",
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
            _UP,
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
        (lambda f: f.update({Wanted: replace(f[Wanted], interrupted=True)}), "last-up-ended", "under way", "recover"),
    ],
)
def test_each_drift_is_found_by_one_check_with_its_repair(broken: Broken, check: str, words: str, repair: str) -> None:
    facts = healthy.facts()
    broken(facts)
    found = said(facts)
    assert {name for name, each in found if words in each.what and repair in each.way_out} == {check}, found


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
    assert found == {"BGPPeer peer-with-route-reflectors", f"Node {_FIRST}", "BGPConfiguration default"}
    reflectors = many[Wanted].reflectors
    assert reflectors is not None
    (peering,), (reflector,) = reflectors.peerings, reflectors.nodes
    peers = {peering["metadata"]["name"]: peering["spec"]}
    many[CalicoObjects] = replace(many[CalicoObjects], bgp_configurations=off, bgp_peers=peers)
    metadata = reflector["metadata"]
    node(many, _FIRST, labels=metadata["labels"], annotations=metadata["annotations"])
    assert said(many) == []


def test_the_blackhole_of_a_stopped_node_needs_it_started() -> None:
    facts = healthy.facts()
    _stopped(facts)
    cidr = facts[Wanted].pod_cidrs[_WORKER]
    table(facts, "nodes", lambda r: tuple(replace(each, blackhole=each.destination == cidr) for each in r))
    repairs = {name: each.way_out for name, each in said(facts)}
    assert set(repairs) == {"instances-as-planned", "blackhole-routes"}
    assert all("aws ec2 start-instances" in each for each in repairs.values())


def test_what_is_new_is_not_taken_for_broken() -> None:
    facts = healthy.facts()
    starting = NOW - timedelta(minutes=5)
    node(facts, _WORKER, created=starting, conditions={"Ready": ("False", "KubeletNotReady", "starting")}, pod_cidr="")
    machine(facts, "worker-b-0", since=starting)
    items = facts[ClusterNodes].items
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in items if each.name != "worker-b-0"))
    found = said(facts)
    assert {name for name, _ in found} == {"nodes-ready", "pod-cidrs-of-nodes", "nodes-and-instances"}
    assert {each.outcome for _, each in found} == {Outcome.WARNING}


def test_no_snapshot_yet_is_no_drift_on_a_new_control_plane() -> None:
    facts = healthy.facts()
    facts[Snapshots] = Snapshots(())
    machine(facts, _FIRST, since=NOW - timedelta(minutes=10))
    assert said(facts) == []


def test_rules_of_a_cloud_controller_are_foreign_only_where_there_is_none() -> None:
    by_text = SeenRule(
        ("worker", False, "tcp", 30080, 30080, "0.0.0.0/0"), "sgr-x", "sg-worker", "kubernetes.io/rule/nlb/client=x"
    )
    by_group = SeenRule(("worker", False, "-1", -1, -1, "sg-elb"), "sgr-y", "sg-worker")
    for enabled, expected in ((True, 0), (False, 2)):
        facts = healthy.facts(cloudControllerManager=enabled)
        facts[SecurityGroups] = replace(facts[SecurityGroups], controllers=frozenset({"sg-elb"}))
        facts[SeenRules] = SeenRules((*facts[SeenRules].items, by_text, by_group))
        assert len(said(facts)) == expected


def test_a_table_of_another_kind_is_no_table_of_ours() -> None:
    facts = healthy.facts()
    foreign = Table("", "rtb-theirs", (SeenRoute("10.128.0.0/13", "pcx-1", blackhole=True),))
    facts[Tables] = Tables((*facts[Tables].items, foreign))
    assert said(facts) == []
