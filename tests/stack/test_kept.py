"""What a stack's last state makes the next `up` keep, and which changes it refuses."""

from __future__ import annotations

import copy
from ipaddress import IPv4Address
from typing import Any

import pytest

from canal_aws.addressing import Kept
from canal_aws.stack.kept import kept_from_resources
from tests.infra.program import ALLOWED_CIDR, Aws, Refused, build, run

_PUBLIC = {"apiAllowedCidrs": [ALLOWED_CIDR]}


def _zones(program: object) -> set[str]:
    return {each.inputs["availabilityZone"] for each in program.of("Subnet").values()}  # type: ignore[attr-defined]


def test_nothing_is_kept_before_the_first_up() -> None:
    assert kept_from_resources({}) == Kept()


def test_zones_control_plane_gateways_and_architecture_are_kept() -> None:
    state = build(architecture="calico-ipip", controlPlaneNodes=3, availabilityZones="2").last_state()
    kept = kept_from_resources(state)
    assert kept.zones == kept.edge_zones == ("us-east-1a", "us-east-1b")
    assert kept.control_plane == {
        "control-plane-0": "us-east-1a",
        "control-plane-1": "us-east-1b",
        "control-plane-2": "us-east-1a",
    }
    assert kept.nat_zones == ("us-east-1a",)
    assert kept.architecture == "calico-ipip"


def test_a_zone_that_drops_out_of_awss_list_stays() -> None:
    before = build(availabilityZones="2")
    without_a = Aws(zones=("us-east-1b", "us-east-1c"))
    after = run({**_PUBLIC, "availabilityZones": "2"}, without_a, before.last_state())
    assert _zones(after) == {"us-east-1a", "us-east-1b"}
    assert _zones(run({**_PUBLIC, "availabilityZones": "2"}, without_a)) == {"us-east-1b", "us-east-1c"}


def test_a_zone_named_before_the_others_moves_no_gateway() -> None:
    before = run({**_PUBLIC, "availabilityZones": ["us-east-1b", "us-east-1c"]})
    after = run({**_PUBLIC, "availabilityZones": ["us-east-1a", "us-east-1b", "us-east-1c"]}, None, before.last_state())
    assert set(before.of("NatGateway")) == set(after.of("NatGateway")) == {"nat-b"}


def test_zones_by_name_instead_of_their_count_change_nothing() -> None:
    before = build(availabilityZones="3")
    after = run({**_PUBLIC, "availabilityZones": "us-east-1c,us-east-1a,us-east-1b"}, None, before.last_state())
    assert {urn: each.inputs for urn, each in after.by_urn().items()} == {
        urn: each.inputs for urn, each in before.by_urn().items()
    }


def test_a_zone_that_leaves_keeps_its_edge_for_the_load_balancers() -> None:
    before = build(availabilityZones="3")
    after = run({**_PUBLIC, "availabilityZones": ["us-east-1a", "us-east-1b"]}, None, before.last_state())
    assert set(after.of("Subnet")) == {"nodes-a", "nodes-b", "edge-a", "edge-b", "edge-c"}
    assert after.of("LoadBalancer")["api-internal"].inputs == before.of("LoadBalancer")["api-internal"].inputs


@pytest.mark.parametrize("wanted", ["calico-ipip", "native-routes"])
def test_another_architecture_is_refused_and_names_both(wanted: str) -> None:
    state = build(architecture="flannel-vxlan").last_state()
    with pytest.raises(Refused, match=f"architecture = {wanted}: this stack runs flannel-vxlan") as refused:
        run({**_PUBLIC, "architecture": wanted}, None, state)
    assert refused.value.registered <= 1, "the stack itself and nothing else"


def test_workers_and_the_bucket_are_kept() -> None:
    state = build(availabilityZones="1", workersPerZone=1, workerPools=[{"name": "batch"}]).last_state()
    kept = kept_from_resources(state)
    assert kept.workers == {"worker-a-0": IPv4Address("10.0.0.16"), "batch-a-0": IPv4Address("10.0.15.254")}
    assert kept.snapshot_bucket
    assert not kept_from_resources(build(etcdSnapshotHours=0).last_state()).snapshot_bucket


def test_each_tables_pod_routes_are_known_by_node() -> None:
    one = {"architecture": "native-routes", "availabilityZones": "2", "workersPerZone": 1}
    nodes = {"control-plane-0", "worker-a-0", "worker-b-0"}
    assert kept_from_resources(build(**one).last_state()).pod_routes == {"nodes": nodes}
    each = build(**one, natGateways="per-zone").last_state()
    assert kept_from_resources(each).pod_routes == {"nodes-a": nodes, "nodes-b": nodes}
    both = {**build(**one).last_state(), **each}
    assert kept_from_resources(both).pod_routes == {"nodes": nodes, "nodes-a": nodes, "nodes-b": nodes}
    assert kept_from_resources(build().last_state()).pod_routes == {}


def test_a_worker_stays_where_the_state_has_it() -> None:
    before = build(availabilityZones="1", workersPerZone=1, workerPools=[{"name": "batch"}])
    pools = [{"name": "another", "countPerZone": 2}, {"name": "batch"}]
    config = {**_PUBLIC, "availabilityZones": "1", "workersPerZone": 3, "workerPools": pools}
    after = run(config, None, before.last_state())
    for name, instance in before.of("Instance").items():
        assert after.of("Instance")[name].inputs == instance.inputs


@pytest.mark.parametrize(("had", "wanted"), [(3, 1), (5, 3), (5, 1)])
def test_fewer_control_plane_nodes_are_refused_with_the_quorum(had: int, wanted: int) -> None:
    state = build(controlPlaneNodes=had).last_state()
    with pytest.raises(Refused, match=rf"controlPlaneNodes = {wanted}: this stack has {had}.*quorum|needed") as refused:
        run({**_PUBLIC, "controlPlaneNodes": wanted}, None, state)
    assert f"set controlPlaneNodes = {had}" in str(refused.value)
    assert refused.value.registered <= 1, "the stack itself and nothing else"


@pytest.mark.parametrize(("had", "wanted"), [(1, 3), (3, 5), (3, 3)])
def test_more_control_plane_nodes_join_those_that_stand(had: int, wanted: int) -> None:
    before = build(controlPlaneNodes=had)
    after = run({**_PUBLIC, "controlPlaneNodes": wanted}, None, before.last_state())
    instances = after.of("Instance")
    assert {name for name in instances if "control-plane" in name} == {f"control-plane-{i}" for i in range(wanted)}
    for name, instance in before.of("Instance").items():
        assert instances[name].inputs == instance.inputs
    assert [name for name, each in instances.items() if "canal-aws:init" in each.inputs["tags"]] == ["control-plane-0"]


def test_the_zone_of_a_control_plane_node_stays() -> None:
    state = build(controlPlaneNodes=3).last_state()
    with pytest.raises(Refused, match="control-plane-1 in us-east-1b") as refused:
        run({**_PUBLIC, "controlPlaneNodes": 3, "availabilityZones": "us-east-1a,us-east-1c"}, None, state)
    assert "keep us-east-1b" in str(refused.value)
    assert refused.value.registered <= 1


def test_no_more_snapshots_leave_those_there_until_destroy() -> None:
    before = build()
    after = run({**_PUBLIC, "etcdSnapshotHours": 0}, None, before.last_state())
    assert after.of("Bucket")["etcd-snapshots"].inputs == before.of("Bucket")["etcd-snapshots"].inputs


@pytest.mark.parametrize(
    ("setting", "before", "after"),
    [
        ("vpcCidr", "10.0.0.0/16", "10.4.0.0/16"),
        ("podCidr", "10.128.0.0/13", "10.136.0.0/13"),
        ("serviceCidr", "10.96.0.0/16", "10.97.0.0/16"),
        ("nodePodCidrMask", "24", "25"),
    ],
)
def test_a_range_that_is_in_use_cannot_be_another(setting: str, before: str, after: str) -> None:
    stands = build(**{setting: before}).last_state()
    assert kept_from_resources(stands).ranges[setting] == before
    with pytest.raises(Refused, match=f"{setting} = {after}: this stack was made with {before}"):
        run({**_PUBLIC, setting: after}, None, stands)
    run({**_PUBLIC, setting: before}, None, stands)


def _unlike(state: dict[str, Any], *words: str) -> dict[str, Any]:
    """The state without what has one of these words in its URN: as a first `up` leaves it that failed before them."""
    return {urn: each for urn, each in state.items() if not any(word in urn for word in words)}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({}, {"apiAccess": "private"}, "apiAccess = private: this stack's API is public; the kubeconfig names"),
        ({"apiAccess": "private"}, {}, "apiAccess = public: this stack's API is private; .*certificates do not name"),
        ({}, {"topology": "public"}, "topology = public: this stack is private; .*never get public addresses"),
        ({"topology": "public"}, {}, "topology = private: this stack is public; .*keep their public addresses"),
        ({}, {"kubernetesVersion": "1.35.4"}, "kubernetesVersion = 1.35.4: this stack's nodes run 1.36"),
        (
            {"architecture": "native-routes"},
            {"architecture": "native-routes", "natGateways": "per-zone"},
            "natGateways = per-zone: this stack has single, .*none of the routes to running nodes' pods",
        ),
        (
            {"architecture": "native-routes", "natGateways": "per-zone"},
            {"architecture": "native-routes"},
            "natGateways = single: this stack has per-zone",
        ),
    ],
)
def test_what_would_break_running_nodes_is_refused(before: dict[str, Any], after: dict[str, Any], words: str) -> None:
    stands = build(**before).last_state()
    given = after if after.get("apiAccess") == "private" else {**_PUBLIC, **after}
    with pytest.raises(Refused, match=words) as refused:
        run(given, None, stands)
    assert "make a new stack" in str(refused.value)
    assert refused.value.registered <= 1, "the stack itself and nothing else"
    run(given, None, _unlike(stands, ":Instance::"))


@pytest.mark.parametrize("architecture", ["flannel-vxlan", "calico-ipip"])
@pytest.mark.parametrize(("had", "wanted"), [("single", "per-zone"), ("per-zone", "single")])
def test_nat_gateways_can_be_others_where_no_table_holds_pod_routes(architecture: str, had: str, wanted: str) -> None:
    stands = build(architecture=architecture, natGateways=had).last_state()
    assert kept_from_resources(stands).nat_gateways == had
    run({**_PUBLIC, "architecture": architecture, "natGateways": wanted}, None, stands)


def test_an_up_that_ended_between_two_kinds_of_nat_gateways_goes_on_to_either() -> None:
    both = {**build(natGateways="single").last_state(), **build(natGateways="per-zone").last_state()}
    assert kept_from_resources(both).nat_gateways is None


def test_a_patch_release_and_fewer_allowed_networks_are_taken() -> None:
    stands = copy.deepcopy(build().last_state())  # the run is shared between tests
    run({"apiAllowedCidrs": ["203.0.113.7/32"], "kubernetesVersion": "1.36.4"}, None, stands)
    for each in stands.values():
        each["outputs"].get("tags", {}).pop("canal-aws:kubernetes-minor", None)
    assert kept_from_resources(stands).kubernetes_minor is None, "made by an earlier version of this program"
    run({**_PUBLIC, "kubernetesVersion": "1.35.4"}, None, stands)
