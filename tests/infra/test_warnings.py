"""What the program warns of, and where it refuses to go on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.program import ALLOWED_CIDR, Aws, Refused, build, run

_ROUTES: dict[str, Any] = {"architecture": "native-routes", "apiAllowedCidrs": [ALLOWED_CIDR]}


@pytest.mark.parametrize("name", ["flannel-vxlan", "calico-ipip", "native-routes"])
def test_the_default_shape_warns_of_nothing(name: str) -> None:
    assert build(architecture=name).warnings == ()


def test_an_api_open_to_everyone_is_warned_of() -> None:
    (warning,) = run({"apiAllowedCidrs": ["0.0.0.0/0", ALLOWED_CIDR]}).warnings
    assert "0.0.0.0/0" in warning


# 7 nodes and 2 fixed routes: 9 in the one table.
@pytest.mark.parametrize(("quota", "warns"), [(12, False), (11, True), (9, True)])
def test_routes_are_warned_of_from_four_fifths_of_the_quota_on(quota: int, warns: bool) -> None:
    warnings = run(_ROUTES, Aws(quota=quota)).warnings
    assert bool(warnings) is warns
    for warning in warnings:
        assert "L-93826ACB" in warning
        assert "flannel-vxlan or calico-ipip" in warning


def test_routes_past_the_quota_are_refused_before_any_resource_unless_overridden() -> None:
    with pytest.raises(Refused, match="L-93826ACB") as refused:
        run(_ROUTES, Aws(quota=8))
    assert refused.value.registered <= 1
    assert "routeQuotaOverride" in str(refused.value)
    (warning,) = run({**_ROUTES, "routeQuotaOverride": True}, Aws(quota=8)).warnings
    assert "over the applied quota" in warning


def test_routes_past_awss_maximum_are_refused_whatever_is_set() -> None:
    many = {**_ROUTES, "availabilityZones": "4", "workersPerZone": 250, "routeQuotaOverride": True, "routeQuota": 1000}
    with pytest.raises(Refused, match="hard maximum of 1,000: AWS raises vpc/L-93826ACB no further") as refused:
        run(many)
    assert refused.value.registered <= 1


_MESH: dict[str, Any] = {"architecture": "calico-ipip", "apiAllowedCidrs": [ALLOWED_CIDR], "workersPerZone": 34}


@pytest.mark.parametrize(("workers_per_zone", "warns"), [(16, False), (17, True)])
def test_past_50_nodes_it_says_that_nothing_stands_between_them_and_the_api_server(
    workers_per_zone: int, warns: bool
) -> None:
    """49 and 52 nodes."""
    warnings = run({"apiAllowedCidrs": [ALLOWED_CIDR], "workersPerZone": workers_per_zone}).warnings
    assert bool(warnings) is warns
    for warning in warnings:
        assert "52 nodes: past 50, Calico advises Typha" in warning


def test_a_single_route_reflector_is_warned_of_and_three_are_not() -> None:
    lone, typha = run(_MESH).warnings
    assert "103 nodes, past the 100 of a BGP full mesh: the one control-plane node reflects all routes" in lone
    assert "controlPlaneNodes = 3" in lone
    assert "Typha" in typha
    assert ["Typha" in warning for warning in run({**_MESH, "controlPlaneNodes": 3}).warnings] == [True]
