"""The comparison is derived: whatever the description says, it says."""

from __future__ import annotations

import dataclasses
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import architectures
from architectures import Architecture, Hop
from canal_aws.report import comparison, comparison_table
from canal_aws.route_budget import QUOTA_CODE


@pytest.mark.parametrize("architecture", architectures.ARCHITECTURES, ids=architectures.names())
def test_every_architecture_has_a_complete_row(architecture: Architecture) -> None:
    (row,) = comparison.rows([architecture])
    assert row.name == architecture.name
    assert row.pod_mtu == architecture.pod_mtu()
    assert all(getattr(row, field.name) not in ("", None, ()) for field in dataclasses.fields(row))


def test_the_rows_are_all_architectures_in_their_order() -> None:
    assert tuple(row.name for row in comparison.rows()) == architectures.names()


@given(
    architecture=st.sampled_from(architectures.ARCHITECTURES),
    same=st.sampled_from(Hop),
    cross=st.sampled_from(Hop),
    link_mtu=st.integers(1280, 9001),
)
def test_a_changed_description_changes_the_comparison(
    architecture: Architecture, same: Hop, cross: Hop, link_mtu: int
) -> None:
    changed = dataclasses.replace(architecture, same_subnet=same, cross_subnet=cross)
    (row,) = comparison.rows([changed], link_mtu)
    assert row.pod_mtu == min(row.same_subnet.mtu, row.cross_subnet.mtu) == changed.pod_mtu(link_mtu)
    assert row.source_dest_check == (row.same_subnet.encapsulated and row.cross_subnet.encapsulated)
    assert (QUOTA_CODE in row.node_limit) == (Hop.VPC_ROUTE in (same, cross))
    assert ("everything from the pod CIDR" in row.between_nodes) == (not row.source_dest_check)


def test_json_holds_the_architectures_and_canal_itself() -> None:
    read = json.loads(json.dumps(comparison.as_json()))
    assert [row["name"] for row in read["architectures"]] == list(architectures.names())
    assert read["architectures"][0]["same_subnet"]["overhead"] == architectures.FLANNEL_VXLAN.overhead
    assert read["canal"]["avoid_when"]


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_shown_names_every_architecture_and_when_not_to_choose_it(terminal: bool) -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=200, color_system=None)
    comparison_table.show(comparison.rows(), comparison.CANAL, console)
    shown = " ".join(stream.getvalue().replace("│", " ").split())
    for architecture in architectures.ARCHITECTURES:
        assert architecture.name in shown
        assert str(architecture.pod_mtu()) in shown
    assert "not when" in shown
    assert comparison.CANAL.avoid_when[1] in shown
    assert ("┃" in stream.getvalue()) == terminal


def test_the_defaults_carry_what_addresses_and_routes_allow() -> None:
    carried = {row.name: row.nodes_by_default for row in comparison.rows()}
    # A /13 in /24s; a /20 subnet a zone, less 17 addresses, and the control plane; 500 routes less two fixed ones.
    assert carried == {"flannel-vxlan": 2048, "calico-ipip": 8192, "native-routes": 498}
