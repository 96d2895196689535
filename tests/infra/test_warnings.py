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
    with pytest.raises(Refused, match="to 1,000 and no further") as refused:
        run(many)
    assert refused.value.registered <= 1


def test_a_mesh_past_its_size_is_warned_of() -> None:
    (warning,) = run({**_ROUTES, "architecture": "calico-ipip", "workersPerZone": 34}).warnings
    assert "103 nodes in a BGP full mesh" in warning
