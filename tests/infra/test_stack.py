"""What a stack's last state makes the next `up` keep, its identity, and its configuration."""

from __future__ import annotations

import pytest

from canal_aws.addressing import Kept
from infra.stack import kept_from_resources
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


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="workerPerZone = 3: no such setting"):
        run({**_PUBLIC, "workerPerZone": 3})


def test_configuration_arrives_as_the_engine_writes_it() -> None:
    program = run({"apiAllowedCidrs": '["198.51.100.0/24"]', "tags": '{"team":"network"}', "workersPerZone": "1"})
    assert "api-public-from-198.51.100.0-24-tcp-6443-6443" in program.of("SecurityGroupIngressRule")
    assert len(program.of("Instance")) == 4
