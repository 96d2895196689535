"""What AWS says before anything is created, and what the program says where that does not do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.program import ALLOWED_CIDR, Aws, Refused, run

_PUBLIC: dict[str, Any] = {"apiAllowedCidrs": [ALLOWED_CIDR]}
_THREE = ("us-east-1a", "us-east-1b", "us-east-1c")


def _refused(config: dict[str, Any], aws: Aws) -> str:
    with pytest.raises(Refused) as refused:
        run({**_PUBLIC, **config}, aws)
    assert refused.value.registered <= 1, "the stack itself and nothing else"
    return str(refused.value)


def test_a_count_takes_the_first_zones_that_offer_both_types() -> None:
    aws = Aws(zones=_THREE, offered={"m7i.large": _THREE, "m7g.large": ("us-east-1c", "us-east-1b")})
    program = run({**_PUBLIC, "availabilityZones": "2", "workerInstanceType": "m7g.large"}, aws)
    assert {each.inputs["availabilityZone"] for each in program.of("Subnet").values()} == {"us-east-1b", "us-east-1c"}


def test_more_zones_than_offer_the_types_are_refused_with_the_number_there_is() -> None:
    said = _refused({"availabilityZones": "3"}, Aws(zones=_THREE, offered={"m7i.large": _THREE[:2]}))
    assert "availabilityZones = 3: the instance types are offered in 2 zones: us-east-1a, us-east-1b; set 2" in said


def test_an_unknown_zone_is_refused_with_the_choices() -> None:
    said = _refused({"availabilityZones": "us-east-1a,us-east-1g"}, Aws(zones=_THREE))
    assert "availabilityZones = us-east-1g: not an available zone of this Region" in said
    assert "us-east-1a, us-east-1b, us-east-1c" in said


def test_types_that_a_named_zone_does_not_offer_are_all_named() -> None:
    offered = {"m7i.large": ("us-east-1a",), "m7g.large": ("us-east-1b",)}
    config = {"availabilityZones": "us-east-1a,us-east-1b", "workerInstanceType": "m7g.large"}
    said = _refused(config, Aws(zones=_THREE, offered=offered))
    assert "2 settings cannot be used" in said
    assert "controlPlaneInstanceType = m7i.large: not offered in us-east-1b" in said
    assert "workerInstanceType = m7g.large: not offered in us-east-1a" in said


def test_a_type_that_the_region_does_not_have_is_named() -> None:
    said = _refused({"workerInstanceType": "m99.large"}, Aws(zones=_THREE, offered={"m7i.large": _THREE}))
    assert "workerInstanceType = m99.large: not offered in this Region" in said


def test_a_kept_zone_that_awss_list_lacks_is_no_violation_of_its_types() -> None:
    before = run({**_PUBLIC, "availabilityZones": ["us-east-1a", "us-east-1b"]}, Aws(zones=_THREE))
    aws = Aws(zones=_THREE[1:], offered={"m7i.large": _THREE[1:]})
    after = run({**_PUBLIC, "availabilityZones": ["us-east-1a", "us-east-1b"]}, aws, before.last_state())
    assert set(after.of("Instance")) == set(before.of("Instance"))


@pytest.mark.parametrize(
    ("config", "asked"),
    [
        ({"architecture": "flannel-vxlan"}, False),
        ({"architecture": "calico-ipip"}, False),
        ({"architecture": "native-routes"}, True),
        ({"architecture": "native-routes", "routeQuota": 200}, False),
    ],
)
def test_service_quotas_is_asked_only_where_its_answer_counts(config: dict[str, Any], asked: bool) -> None:
    aws = Aws()
    run({**_PUBLIC, **config}, aws)
    assert any("servicequotas" in call for call in aws.calls) is asked


def test_without_the_permission_the_quota_must_be_set() -> None:
    said = _refused({"architecture": "native-routes"}, Aws(quota=None))
    assert "AccessDeniedException" in said
    assert "set routeQuota" in said
    program = run({**_PUBLIC, "architecture": "native-routes", "routeQuota": 500}, Aws(quota=None))
    assert program.warnings == ()


def test_a_pools_type_that_is_not_offered_is_named_by_its_place_in_the_list() -> None:
    pools = [{"name": "own", "instanceType": "m99.large"}, {"name": "usual"}]
    said = _refused({"workerPools": pools}, Aws(zones=_THREE, offered={"m7i.large": _THREE}))
    assert "workerPools[0].instanceType = m99.large: not offered in this Region" in said
    assert "workerPools[1]" not in said
    said = _refused(
        {"workerPools": pools[1:], "workerInstanceType": "m7g.large"}, Aws(zones=_THREE, offered={"m7i.large": _THREE})
    )
    assert said.count("m7g.large") == 1, "pools without a type of their own have the workers'"
