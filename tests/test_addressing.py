"""The address plan as properties: apart, inside, and never moved by growth."""

from __future__ import annotations

import dataclasses
import itertools
from ipaddress import IPv4Network
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import architectures
from canal_aws.address_limits import ZONE_LETTERS, cluster_limit, node_limit, workers_per_zone_limit
from canal_aws.addressing import AddressPlan, Kept, choose_zones, place_control_plane
from canal_aws.settings import Settings
from canal_aws.settings_pools import WorkerPool
from canal_aws.worker_slots import ZoneFull

zone_lists = st.lists(
    st.sampled_from([f"us-east-1{letter}" for letter in ZONE_LETTERS]), min_size=1, max_size=6, unique=True
)


pool_lists = st.lists(
    st.builds(WorkerPool, name=st.sampled_from(["batch", "gpu", "a", "z-a"]), count_per_zone=st.integers(0, 12)),
    max_size=4,
    unique_by=lambda pool: pool.name,
).map(tuple)


#: A VPC of this size has room for all that the strategies here ask for, twice.
_ROOMY = 20


@st.composite
def settings(draw: st.DrawFn) -> Settings:
    prefix = draw(st.integers(16, 22))
    return Settings(
        worker_pools=draw(pool_lists) if prefix <= _ROOMY else (),
        architecture=draw(st.sampled_from(architectures.names())),
        control_plane_nodes=draw(st.sampled_from([1, 3, 5])),
        workers_per_zone=draw(st.integers(0, 40)),
        vpc_cidr=IPv4Network(f"10.0.0.0/{prefix}"),
        topology=draw(st.sampled_from(["private", "public"])),
    )


@given(settings(), zone_lists)
def test_subnets_and_pod_cidrs_are_apart_and_inside(chosen: Settings, zones: list[str]) -> None:
    plan = AddressPlan.of(chosen, zones)
    subnets = [subnet for zone in plan.zones for subnet in (zone.nodes, zone.edge)]
    pods = [node.pod_cidr for node in plan.nodes if node.pod_cidr]
    for blocks, whole in ((subnets, chosen.vpc_cidr), (pods, chosen.pod_cidr)):
        assert all(block.subnet_of(whole) for block in blocks)
        ordered = sorted(blocks)
        assert not any(one.overlaps(other) for one, other in itertools.pairwise(ordered))
    assert len(pods) in (0, len(plan.nodes))
    assert all(zone.edge.prefixlen <= 28 for zone in plan.zones), "AWS wants a /28 for a load balancer"


@given(settings(), zone_lists)
def test_each_node_has_a_usable_address_of_its_zone(chosen: Settings, zones: list[str]) -> None:
    plan = AddressPlan.of(chosen, zones)
    subnets = {zone.name: zone.nodes for zone in plan.zones}
    assert len({node.private_ip for node in plan.nodes}) == len(plan.nodes)
    assert len({node.name for node in plan.nodes}) == len(plan.nodes)
    for node in plan.nodes:
        subnet = subnets[node.zone]
        assert node.private_ip in subnet
        offset = int(node.private_ip) - int(subnet.network_address)
        assert 4 <= offset < subnet.num_addresses - 1, "AWS keeps the first four addresses and the last"
    assert [node.name for node in plan.nodes if node.init] == ["control-plane-0"]


def kept_of(plan: AddressPlan) -> Kept:
    """What a stack with this plan makes the next `up` keep."""
    return Kept(
        zones=tuple(zone.name for zone in plan.zones),
        edge_zones=tuple(zone.name for zone in plan.edges),
        control_plane={node.name: node.zone for node in plan.of_role("control-plane")},
        workers=plan.workers,
        nat_zones=tuple(table.nat_zone for table in plan.route_tables if table.nat_zone),
    )


@given(settings(), zone_lists, pool_lists, st.integers(0, 40), zone_lists)
def test_no_change_of_pools_counts_or_zones_moves_a_worker_that_stays(
    chosen: Settings, zones: list[str], pools: tuple[WorkerPool, ...], count: int, other_zones: list[str]
) -> None:
    assume(chosen.vpc_cidr.prefixlen <= _ROOMY)
    before = AddressPlan.of(chosen, zones)
    changed = dataclasses.replace(chosen, worker_pools=pools, workers_per_zone=count)
    after = AddressPlan.of(changed, other_zones, kept_of(before))
    old = {node.name: node for node in before.of_role("worker")}
    new = {node.name: node for node in after.of_role("worker")}
    assert all(new[name] == old[name] for name in old.keys() & new.keys())
    # Pulumi creates before it deletes: until then AWS holds the addresses and routes of what leaves.
    leaving = [node for name, node in old.items() if name not in new]
    added = [node for name, node in new.items() if name not in old]
    assert not {node.private_ip for node in leaving} & {node.private_ip for node in added}
    assert not {node.pod_cidr for node in leaving if node.pod_cidr} & {node.pod_cidr for node in added}
    assert len({node.private_ip for node in after.nodes}) == len(after.nodes)


@given(settings(), zone_lists)
def test_pools_move_nothing_of_a_stack_without_them(chosen: Settings, zones: list[str]) -> None:
    """Names, addresses and pod CIDRs of releases before worker pools, from which a stack keeps nothing of workers."""
    plain = AddressPlan.of(dataclasses.replace(chosen, worker_pools=()), zones)
    with_pools = AddressPlan.of(chosen, zones)
    assert set(plain.nodes) <= set(with_pools.nodes)
    for node in plain.of_role("worker"):
        number = int(node.name.rpartition("-")[2])
        subnet = next(zone.nodes for zone in plain.zones if zone.name == node.zone)
        assert node.private_ip == subnet[16 + number]


@given(settings(), zone_lists, st.randoms(use_true_random=False))
def test_the_order_in_which_pools_are_written_changes_nothing(chosen: Settings, zones: list[str], random: Any) -> None:
    shuffled = random.sample(chosen.worker_pools, len(chosen.worker_pools))
    other = AddressPlan.of(dataclasses.replace(chosen, worker_pools=tuple(shuffled)), zones)
    assert set(other.nodes) == set(AddressPlan.of(chosen, zones).nodes)


def test_a_full_zone_says_that_nodes_must_leave_first() -> None:
    small = Settings(vpc_cidr=IPv4Network("10.0.0.0/22"), workers_per_zone=40)  # a /26: 47 workers
    kept = kept_of(AddressPlan.of(small, ["us-east-1a"]))
    renamed = dataclasses.replace(small, workers_per_zone=0, worker_pools=(WorkerPool("batch", 40),))
    with pytest.raises(ZoneFull, match=r"us-east-1a has 47 .* batch-a-7, and those of 40 nodes that leave"):
        AddressPlan.of(renamed, ["us-east-1a"], kept)


@given(settings(), zone_lists, st.integers(0, 5))
def test_growth_moves_nothing(chosen: Settings, zones: list[str], more_workers: int) -> None:
    before = AddressPlan.of(chosen, zones[:-1] or zones)
    kept = kept_of(before)
    grown = dataclasses.replace(chosen, workers_per_zone=chosen.workers_per_zone + more_workers, control_plane_nodes=5)
    after = AddressPlan.of(grown, zones[::-1], kept)
    assert set(before.zones) <= set(after.zones)
    assert set(before.edges) <= set(after.edges)
    assert set(before.nodes) <= set(after.nodes)
    nat = {table.name: table.nat_zone for table in after.route_tables}
    assert all(nat[table.name] == table.nat_zone for table in before.route_tables)


def test_a_zone_that_goes_leaves_its_edge_behind() -> None:
    """A network load balancer that loses a subnet is made anew, and with it the API's name."""
    kept = Kept(zones=("us-east-1a", "us-east-1b"), edge_zones=("us-east-1a", "us-east-1b"))
    plan = AddressPlan.of(Settings(), ["us-east-1a"], kept)
    assert [zone.name for zone in plan.zones] == ["us-east-1a"]
    assert [zone.name for zone in plan.edges] == ["us-east-1a", "us-east-1b"]


@given(zone_lists, st.sampled_from([1, 3, 5]))
def test_control_plane_nodes_spread(zones: list[str], count: int) -> None:
    placed = list(place_control_plane(count, zones, {}).values())
    per_zone = [placed.count(zone) for zone in zones]
    assert max(per_zone) - min(per_zone) <= 1


@hypothesis_settings(deadline=None, max_examples=20)  # thousands of nodes an example
@given(settings(), st.integers(1, 6))
def test_limits_are_what_the_plan_can_hold(chosen: Settings, zones: int) -> None:
    names = [f"us-east-1{letter}" for letter in ZONE_LETTERS[:zones]]
    per_zone = workers_per_zone_limit(chosen).limit
    full = dataclasses.replace(chosen, workers_per_zone=per_zone, worker_pools=())
    plan = AddressPlan.of(full, names)
    assert len({node.private_ip for node in plan.nodes}) == len(plan.nodes)
    last = max(plan.nodes, key=lambda node: (node.zone, int(node.private_ip)))
    assert last.private_ip in next(zone.nodes for zone in plan.zones if zone.name == last.zone)
    assert node_limit(chosen, zones).limit <= cluster_limit(chosen).limit


def test_a_count_is_resolved_once_and_kept() -> None:
    first = choose_zones(2, ["us-east-1c", "us-east-1a", "us-east-1b"], [])
    assert first == ("us-east-1a", "us-east-1b")
    # us-east-1a dropped out of AWS's list: nothing moves, and a third zone comes behind.
    assert choose_zones(2, ["us-east-1b", "us-east-1c"], first) == first
    assert choose_zones(3, ["us-east-1b", "us-east-1c"], first) == (*first, "us-east-1c")
    assert choose_zones(1, ["us-east-1a"], first) == ("us-east-1a",)


def test_names_are_taken_as_they_stand() -> None:
    assert choose_zones(["us-east-1c", "us-east-1a"], ["us-east-1a"], ["us-east-1b"]) == ("us-east-1c", "us-east-1a")


def test_node_limits_of_the_default_plan() -> None:
    assert cluster_limit(Settings(architecture="flannel-vxlan")).limit == 2048  # /13 in /24s
    assert cluster_limit(Settings(architecture="calico-ipip")).limit == 8192  # /13 in blocks of /26
    assert node_limit(Settings(architecture="native-routes"), 3).limit == 3 * 251 + 1
