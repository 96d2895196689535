"""What a stack's last state makes the next `up` keep, and which changes it refuses."""

from __future__ import annotations

from ipaddress import IPv4Address

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
