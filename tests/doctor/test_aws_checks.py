"""Every drift in AWS is found, named and given a repair; a healthy stack of each architecture raises no alarm."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import architectures
from canal_aws.day_two.machines import Launched
from canal_aws.doctor.cluster import (
    ClusterNodes,
)
from canal_aws.doctor.instances import Images, Machines, Protection, Templates
from canal_aws.doctor.services import Parameter, Parameters, Snapshots, TargetHealth, Targets
from canal_aws.doctor.vpc import SecurityGroups, SeenRoute, SeenRule, SeenRules, SubnetIds, Table, Tables
from canal_aws.doctor.wanted import Wanted
from canal_aws.sandbox.providers.aws.routes import route_id
from tests.doctor import healthy
from tests.doctor.breaking import FIRST, ROLL, UP, WORKER, Broken, finds, machine, said, table, way_out
from tests.doctor.healthy import NOW, Facts

_DELETE = "aws ec2 delete-route --route-table-id rtb-nodes --destination-cidr-block"


def _stopped(facts: Facts) -> None:
    machine(facts, WORKER, launched=Launched("stopped", healthy.IMAGE, "m7i.large"))


def _instance_gone(facts: Facts) -> None:
    facts[Machines] = Machines(tuple(each for each in facts[Machines].items if each.name != WORKER))
    facts[ClusterNodes] = ClusterNodes(tuple(each for each in facts[ClusterNodes].items if each.name != WORKER))


def _another_instance(facts: Facts) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines((*items, replace(items[0], name="stranger", id="i-stranger")))


def _no_longer_configured(facts: Facts) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines((*items, replace(items[0], name="worker-z-0", id="i-z")))
    ids = facts[Wanted].ids
    instances = {**ids["aws:ec2/instance:Instance"], "worker-z-0": "i-z"}
    facts[Wanted] = replace(facts[Wanted], ids={**ids, "aws:ec2/instance:Instance": instances})


def _scaled_in(facts: Facts, **changes: Any) -> tuple[str, str]:
    """Two workers a zone ran at the last `up`, and the configuration has one: the second's name and pod CIDR."""
    before = healthy.facts(workersPerZone=2)
    facts[Machines], facts[ClusterNodes], facts[Tables] = before[Machines], before[ClusterNodes], before[Tables]
    pods = before[Wanted].pod_cidrs
    routes = {f"pods-nodes-{name}": route_id("rtb-nodes", cidr) for name, cidr in pods.items()}
    facts[Wanted] = replace(facts[Wanted], ids={**before[Wanted].ids, "aws:ec2/route:Route": routes})
    leaving = "worker-a-1"
    cidr = pods[leaving]
    table(facts, "nodes", lambda r: tuple(replace(each, **changes) if each.destination == cidr else each for each in r))
    return leaving, cidr


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
        facts[Targets] = Targets({"api-internal": {f"i-{FIRST}": health}})

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


@pytest.mark.parametrize(
    ("broken", "check", "words", "repair"),
    [
        (_stopped, "instances-as-planned", "stopped, wanted running", "aws ec2 start-instances"),
        (_instance_gone, "instances-as-planned", f"{WORKER}: no instance", UP),
        (
            _another_instance,
            "instances-as-planned",
            "stranger (i-stranger): not planned",
            "aws ec2 terminate-instances",
        ),
        (_no_longer_configured, "instances-as-planned", "worker-z-0 (i-z): not planned", "`pulumi up` removes it"),
        (lambda f: machine(f, WORKER, zone="us-east-1f"), "node-addresses-as-planned", "zone us-east-1f", ROLL),
        (lambda f: machine(f, WORKER, private_ip="10.0.0.9"), "node-addresses-as-planned", "10.0.0.9, wanted", ROLL),
        (lambda f: machine(f, WORKER, pod_cidr=""), "node-addresses-as-planned", "canal-aws:pod-cidr none", UP),
        (
            lambda f: machine(f, WORKER, source_dest_check=True),
            "source-dest-check-as-wanted",
            "True, wanted False",
            UP,
        ),
        (
            lambda f: machine(f, WORKER, groups=("sg-other",)),
            "security-groups-of-instances",
            "sg-other, wanted worker",
            UP,
        ),
        (
            lambda f: machine(f, WORKER, metadata={"HttpEndpoint": "enabled", "HttpTokens": "optional"}),
            "instance-metadata-as-wanted",
            "HttpTokens optional, wanted required",
            "aws ec2 modify-instance-metadata-options",
        ),
        (lambda f: f.update({Protection: Protection({f"i-{FIRST}": False})}), "termination-protection", FIRST, UP),
        (_no_group, "security-group-rules-as-planned", "security group api-public: not there", UP),
        (_newer_template, "launched-from-the-newest-template", "image ami-1 → ami-2", "canal-aws roll"),
        (_deprecated, "image-age", "deprecated since 2026-01-01", "canal-aws roll"),
        (lambda f: f.update({Images: Images({})}), "image-age", "lists it no longer", "canal-aws roll"),
        (_table_gone, "fixed-routes", "route table edge: not there", UP),
        (lambda f: table(f, "nodes", lambda r: r[:1] + r[2:]), "fixed-routes", "0.0.0.0/0 is missing", UP),
        (
            lambda f: table(f, "nodes", lambda r: (*r[:-1], replace(r[-1], target="eni-x"))),
            "pod-routes-as-planned",
            "leads to eni-x, wanted eni-worker-b-0",
            UP,
        ),
        (
            lambda f: table(f, "nodes", lambda r: (*r[:-1], replace(r[-1], blackhole=True))),
            "blackhole-routes",
            "is a blackhole, eni-worker-b-0",
            UP,
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
        (_subnet_elsewhere, "subnets-use-their-tables", "wanted nodes", UP),
        (lambda f: f.update({SubnetIds: SubnetIds({})}), "subnets-use-their-tables", "subnet nodes-a: not there", UP),
        (_target("unhealthy"), "targets-healthy", "unhealthy, Health checks failed", "is not replaced"),
        (_target("initial"), "targets-healthy", "is being checked", "look again"),
        (lambda f: f.update({Targets: Targets({"api-internal": {}})}), "targets-healthy", "is no target", UP),
        (_parameter("join", 1, 0.1), "join-parameters", "still the placeholder", "canal-aws-publish"),
        (_parameter("join", 9, 1.9), "join-parameters", "wanted anew every 1 h", "canal-aws-publish"),
        (_parameter("join", 9, 3.1), "join-parameters", "no node can join", "canal-aws-publish"),
        (_parameter("control-plane-join", 9, 2.1), "join-parameters", "no node can join", "canal-aws-publish"),
        (_parameter_gone, "join-parameters", "/canal-aws/dev/join: not there", UP),
        (_snapshot_of(25), "snapshot-age", "25.0 h old, wanted every 12 h", "canal-aws-snapshot"),
        (lambda f: f.update({Snapshots: Snapshots(())}), "snapshot-age", "no snapshot of etcd", "canal-aws-snapshot"),
        (lambda f: f.update({Wanted: replace(f[Wanted], interrupted=True)}), "last-up-ended", "under way", "recover"),
    ],
)
def test_each_drift_is_found_by_one_check_with_its_repair(broken: Broken, check: str, words: str, repair: str) -> None:
    finds(broken, check, words, repair)


@pytest.mark.parametrize("architecture", architectures.names())
@pytest.mark.parametrize(
    "more", [{}, {"natGateways": "per-zone", "controlPlaneNodes": 3}, {"topology": "public"}, {"etcdSnapshotHours": 0}]
)
def test_a_healthy_stack_raises_no_alarm(architecture: str, more: dict[str, Any]) -> None:
    assert said(healthy.facts(architecture, **more)) == []


def test_newer_images_reach_a_single_control_plane_node_by_no_roll() -> None:
    for nodes, expected in ((1, [FIRST]), (3, [])):
        facts = healthy.facts(controlPlaneNodes=nodes)
        _deprecated(facts)
        advised = way_out(facts, "deprecated since")
        assert [name for name in (FIRST, WORKER) if f"{name} is not replaced" in advised] == expected


def test_the_blackhole_of_a_stopped_node_needs_it_started() -> None:
    facts = healthy.facts()
    _stopped(facts)
    cidr = facts[Wanted].pod_cidrs[WORKER]
    table(facts, "nodes", lambda r: tuple(replace(each, blackhole=each.destination == cidr) for each in r))
    repairs = {name: each.way_out for name, each in said(facts)}
    assert set(repairs) == {"instances-as-planned", "blackhole-routes"}
    assert all("aws ec2 start-instances" in each for each in repairs.values())


@pytest.mark.parametrize(("blackhole", "check"), [(False, "foreign-routes"), (True, "blackhole-routes")])
def test_routes_of_nodes_that_leave_with_the_next_up_are_pulumis_to_remove(blackhole: bool, check: str) -> None:
    facts = healthy.facts()
    leaving, cidr = _scaled_in(facts, blackhole=blackhole)
    found = [(name, each) for name, each in said(facts) if name in ("foreign-routes", "blackhole-routes")]
    assert not [each for _, each in found if "delete-route" in each.way_out]
    (of_it,) = [(name, each) for name, each in found if cidr in each.what]
    assert of_it[0] == check
    assert "`pulumi up` removes it" in of_it[1].way_out
    assert [name for name, each in said(facts) if f"{leaving} (i-{leaving}): not planned" in each.what]


def test_a_route_that_somebody_added_to_a_node_is_no_route_of_a_node_that_leaves() -> None:
    facts = healthy.facts()
    _scaled_in(facts)
    table(facts, "nodes", lambda r: (*r, SeenRoute("10.130.0.0/24", "eni-worker-a-1")))
    (added,) = [each for _, each in said(facts) if "10.130.0.0/24" in each.what]
    assert f"{_DELETE} 10.130.0.0/24" in added.way_out


def test_no_snapshot_yet_is_no_drift_on_a_new_control_plane() -> None:
    facts = healthy.facts()
    facts[Snapshots] = Snapshots(())
    machine(facts, FIRST, since=NOW - timedelta(minutes=10))
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
