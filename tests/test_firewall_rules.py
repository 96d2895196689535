"""The firewall opens what the description says, and no more."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

import pytest

import architectures
from architectures import Architecture
from canal_aws.firewall_rules import NODE_GROUPS, Group, Rule, rules, rules_of
from canal_aws.settings import Settings

PODS = IPv4Network("10.128.0.0/13")
OPERATOR = IPv4Network("203.0.113.0/24")
each_architecture = pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=lambda each: each.name)


def ingress(architecture: Architecture) -> list[Rule]:
    return [rule for rule in rules(architecture, PODS, (OPERATOR,)) if not rule.egress]


def admits(found: list[Rule], group: Group, peer: object, protocol: str, port: int | None = None) -> bool:
    """Whether some rule lets this packet from `peer` into `group`."""
    for rule in found:
        traffic = rule.traffic
        if (rule.group, rule.peer) != (group, peer) or traffic.protocol not in ("-1", protocol):
            continue
        if traffic.protocol == "-1" or traffic.from_port in (None, -1):
            return True
        if port is not None and traffic.from_port <= port <= (traffic.to_port or 0):
            return True
    return False


@each_architecture
def test_names_are_unique_and_groups_stay_within_sixty_rules(architecture: Architecture) -> None:
    blocks = tuple(IPv4Network((n << 8, 24)) for n in range(1, 51))
    found = rules(architecture, PODS, public_from=blocks, internal_from=(*blocks, OPERATOR))
    assert len({rule.name for rule in found}) == len(found)
    for group in Group:
        assert sum(rule.group is group and not rule.egress for rule in found) <= 60  # L-0EA8095F


@each_architecture
def test_descriptions_hold_what_ec2_takes(architecture: Architecture) -> None:
    for rule in rules(architecture, PODS, (OPERATOR,)):
        # EC2 API Reference, IpRange and UserIdGroupPair, which lists no ampersand.
        assert re.fullmatch(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=;{}!$*]{1,255}", rule.traffic.description), rule.name


@each_architecture
def test_etcd_answers_control_plane_nodes_alone(architecture: Architecture) -> None:
    found = ingress(architecture)
    for port in (2379, 2380):
        assert admits(found, Group.CONTROL_PLANE, Group.CONTROL_PLANE, "tcp", port)
    for peer in (Group.WORKER, PODS, Group.API_INTERNAL, Group.API_PUBLIC, OPERATOR):
        for port in (2379, 2380, 2381):
            assert not admits(found, Group.CONTROL_PLANE, peer, "tcp", port)


@each_architecture
def test_node_traffic_passes_between_all_node_groups(architecture: Architecture) -> None:
    found = ingress(architecture)
    for group in NODE_GROUPS:
        for peer in NODE_GROUPS:
            for traffic in architecture.node_traffic:
                assert admits(found, group, peer, traffic.protocol, traffic.from_port)
            assert admits(found, group, peer, "tcp", 10250)


@each_architecture
def test_pod_addresses_pass_exactly_where_they_are_on_the_wire(architecture: Architecture) -> None:
    found = ingress(architecture)
    for group in NODE_GROUPS:
        for peer in (PODS, Group.WORKER):
            for protocol, port in (("tcp", 8443), ("udp", 53), ("icmp", None)):
                assert admits(found, group, peer, protocol, port) is architecture.carries_pod_addresses


@each_architecture
def test_the_api_is_reached_through_load_balancers_from_where_it_may(architecture: Architecture) -> None:
    found = ingress(architecture)
    assert admits(found, Group.API_PUBLIC, OPERATOR, "tcp", 6443)
    assert admits(found, Group.CONTROL_PLANE, Group.API_PUBLIC, "tcp", 6443)
    assert admits(found, Group.API_INTERNAL, Group.WORKER, "tcp", 6443)


@each_architecture
def test_a_private_api_is_for_the_vpc_and_for_what_is_added_to_it(architecture: Architecture) -> None:
    """A bastion, a VPN's interface or a runner has an address of the VPC's, and none of the nodes' groups."""
    settings = Settings.from_mapping(
        {"architecture": architecture.name, "apiAccess": "private", "apiAllowedCidrs": [str(OPERATOR), "10.0.0.0/16"]}
    )
    found = [rule for rule in rules_of(settings) if not rule.egress]
    assert not any(Group.API_PUBLIC in (rule.group, rule.peer) for rule in found)
    for peer in (*NODE_GROUPS, settings.vpc_cidr, OPERATOR):
        assert admits(found, Group.API_INTERNAL, peer, "tcp", 6443)
    assert not any(admits(found, group, OPERATOR, "tcp", 6443) for group in NODE_GROUPS)
    assert len({rule.name for rule in found}) == len(found)


@each_architecture
def test_a_public_apis_internal_load_balancer_is_the_nodes_alone(architecture: Architecture) -> None:
    peers = {rule.peer for rule in ingress(architecture) if rule.group is Group.API_INTERNAL}
    assert peers == set(NODE_GROUPS)


@each_architecture
def test_nothing_from_anywhere_comes_in(architecture: Architecture) -> None:
    cidrs = {rule.peer for rule in ingress(architecture) if isinstance(rule.peer, IPv4Network)}
    assert cidrs == ({PODS, OPERATOR} if architecture.carries_pod_addresses else {OPERATOR})
    assert not any(
        admits(ingress(architecture), group, peer, "tcp", 22) for group in NODE_GROUPS for peer in (OPERATOR,)
    )
