"""`pulumi up` and `canal-aws preflight --inputs-only` say the same of the same settings."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.preflight import Outcome
from canal_aws.preflight.inputs import check_inputs
from tests.infra.program import ALLOWED_CIDR, Refused, run

_GOOD: dict[str, Any] = {"apiAllowedCidrs": [ALLOWED_CIDR]}
_ROUTES: dict[str, Any] = {**_GOOD, "architecture": "native-routes"}
_SMALL = {**_ROUTES, "controlPlaneInstanceType": "m7g.medium", "routeQuota": 8}


def said(config: dict[str, Any], outcome: Outcome) -> list[str]:
    """What preflight says with this outcome."""
    return [str(finding) for _, finding in check_inputs(config, "us-east-1").of(outcome)]


@pytest.mark.parametrize(
    "config",
    [
        _GOOD,
        {"apiAllowedCidrs": ["0.0.0.0/0"]},
        {**_ROUTES, "routeQuota": 11},
        {**_ROUTES, "routeQuota": 8, "routeQuotaOverride": True},
        {**_GOOD, "architecture": "calico-ipip", "workersPerZone": 34},
        {**_GOOD, "workerInstanceType": "t3.micro", "cloudControllerManager": True, "kubernetesVersion": "1.35.4"},
    ],
)
def test_what_preflight_warns_of_the_program_warns_of(config: dict[str, Any]) -> None:
    assert said(config, Outcome.FAILS) == []
    assert list(run(config).warnings) == said(config, Outcome.WARNING)


def test_all_that_preflight_refuses_the_program_refuses_at_once_and_before_any_resource() -> None:
    failing = said(_SMALL, Outcome.FAILS)
    assert len(failing) == 2
    with pytest.raises(Refused) as refused:
        run(_SMALL)
    assert refused.value.registered <= 1
    assert [line for line in str(refused.value).splitlines() if line.startswith("  - ")] == [
        f"  - {text}" for text in failing
    ]


_ONE_ZONE = {**_ROUTES, "availabilityZones": 1}
_MOVED = {**_ONE_ZONE, "workersPerZone": 0, "workerPools": [{"name": "batch", "countPerZone": 3}]}


def test_nodes_that_leave_hold_their_routes_while_others_are_made() -> None:
    stands = run({**_ONE_ZONE, "workersPerZone": 3}).last_state()
    with pytest.raises(Refused, match=r"5 used \+ 4 planned = 9 of 8 .*with what leaves taken away first") as refused:
        run({**_MOVED, "routeQuota": 8}, None, stands)
    assert refused.value.registered <= 1
    run({**_MOVED, "routeQuota": 9}, None, stands)
    run({**_ONE_ZONE, "workersPerZone": 0, "routeQuota": 3}, None, stands)  # none is made: nothing waits for a route


def test_an_up_that_ended_at_the_route_quota_is_told_again_what_holds_the_table() -> None:
    stands = run({**_ONE_ZONE, "workersPerZone": 3}).last_state()
    both = {**run(_MOVED, None, stands).last_state(), **stands}
    halfway = {urn: each for urn, each in both.items() if not urn.endswith("::pods-nodes-batch-a-2")}
    with pytest.raises(Refused, match=r"5 used \+ 4 planned = 9 of 8 "):
        run({**_MOVED, "routeQuota": 8}, None, halfway)
    run({**_MOVED, "routeQuota": 8}, None, both)  # all are made: what is left is to take the old ones away


def test_of_tables_that_stand_alike_the_program_names_one() -> None:
    config = {**_ROUTES, "natGateways": "per-zone", "routeQuota": 11}
    assert len(said(config, Outcome.WARNING)) == 3
    (warning,) = run(config).warnings
    assert warning in said(config, Outcome.WARNING)
