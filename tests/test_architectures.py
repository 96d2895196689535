"""What is derived from a description, against the figures that Calico's and flannel's documentation give."""

from __future__ import annotations

import pytest

import architectures
from architectures import Architecture, Hop

# Calico's MTU page (networking/configuring/mtu) for a 9001 and a 1500 byte network.
DERIVED = {
    "flannel-vxlan": {"check": True, "mtu": (8951, 1450), "routes": 0, "mesh": None},
    "calico-ipip": {"check": False, "mtu": (8981, 1480), "routes": 0, "mesh": 100},
    "native-routes": {"check": False, "mtu": (9001, 1500), "routes": 1, "mesh": None},
}


def test_the_registry_holds_the_three_of_the_readme_of_2017() -> None:
    assert architectures.names() == tuple(DERIVED)


@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=lambda each: each.name)
def test_derived_figures(architecture: Architecture) -> None:
    expected = DERIVED[architecture.name]
    assert architecture.source_dest_check is expected["check"]
    assert (architecture.pod_mtu(), architecture.pod_mtu(1500)) == expected["mtu"]
    assert architecture.vpc_routes_per_node == expected["routes"]
    assert architecture.mesh_limit == expected["mesh"]


@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=lambda each: each.name)
def test_the_check_is_off_exactly_where_a_pod_address_is_on_the_wire(architecture: Architecture) -> None:
    bare = {Hop.ROUTED, Hop.VPC_ROUTE} & architecture.hops
    assert architecture.carries_pod_addresses is bool(bare)
    assert architecture.source_dest_check is not bool(bare)


@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=lambda each: each.name)
def test_the_firewall_opens_what_each_encapsulation_needs(architecture: Architecture) -> None:
    opened = {(each.protocol, each.from_port) for each in architecture.node_traffic}
    assert (("udp", 8472) in opened) is (Hop.VXLAN in architecture.hops)
    assert (("4", None) in opened) is (Hop.IPIP in architecture.hops)


def test_an_unknown_name_is_answered_with_the_choices() -> None:
    with pytest.raises(KeyError, match="flannel-vxlan, calico-ipip, native-routes"):
        architectures.get("aws-vpc")
