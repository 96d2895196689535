"""Zones and the instance types in them: for a stack that lives, preflight accepts what `pulumi up` accepts."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.addressing import Kept
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.live.region import Offerings, Zones, plan
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.region import types_are_offered, zones_are_there
from canal_aws.sandbox.aws.server import EmbeddedAws
from tests.preflight.live_account import GOOD, REGION, live, post

A, B, C, D, LOST = (f"us-east-1{letter}" for letter in "abcdg")
STACK = Kept(zones=(A, B, LOST), edge_zones=(A, B, LOST))
TYPE = "m7i.large"
NAMED = [A, B, LOST]
KEYS = ("controlPlaneInstanceType", "workerInstanceType")


def findings(
    kept: Kept, wanted: Any, available: tuple[str, ...], offered: tuple[str, ...]
) -> tuple[list[Finding], list[Finding]]:
    """What the two checks say."""
    choice = Choice.of({**GOOD, "availabilityZones": wanted})
    zones, offerings = Zones(available), Offerings({TYPE: frozenset(offered)})
    planned = plan(choice, Target(REGION), zones, offerings, kept)
    return list(zones_are_there(choice, zones, offerings, kept)), list(types_are_offered(planned, zones, offerings))


def failed(found: list[Finding]) -> list[str]:
    return [each.what for each in found if each.outcome is Outcome.FAILS]


@pytest.mark.parametrize("wanted", [3, NAMED], ids=["count", "named"])
@pytest.mark.parametrize("available", [(A, B), (A, B, C, D)], ids=["none-left", "others-left"])
def test_a_zone_that_the_stack_stands_in_and_ec2_lists_no_longer_is_a_warning(
    wanted: Any, available: tuple[str, ...]
) -> None:
    there, offered = findings(STACK, wanted, available, available)
    assert failed(there) == failed(offered) == []
    (warned,) = [each for each in there if each.outcome is Outcome.WARNING]
    assert LOST in warned.what


@pytest.mark.parametrize("wanted", [3, NAMED], ids=["count", "named"])
def test_a_new_stack_cannot_be_made_in_such_a_zone(wanted: Any) -> None:
    there, _ = findings(Kept(), wanted, (A, B), (A, B))
    assert len(failed(there)) == 1


def test_a_named_zone_that_the_stack_does_not_stand_in_has_to_be_there() -> None:
    there, _ = findings(Kept(zones=(A, B)), NAMED, (A, B), (A, B))
    assert failed(there) == [f"{LOST} is no available zone"]


def test_more_zones_than_are_kept_and_usable_do_not_fit() -> None:
    there, _ = findings(STACK, 5, (A, B, C), (A, B, C))
    assert failed(there) == [
        f"5 zones are wanted, and 4 are the stack's or offer the instance types: {A}, {B}, {LOST}, {C}"
    ]


@pytest.mark.parametrize("wanted", [3, NAMED], ids=["count", "named"])
def test_a_kept_zone_that_is_available_has_to_offer_the_types_as_up_wants_it(wanted: Any) -> None:
    there, offered = findings(STACK, wanted, (A, B, LOST), (A, B))
    assert failed(there) == []
    assert failed(offered) == [f"{key} = {TYPE} is not offered in {LOST}" for key in KEYS]


@pytest.mark.component
@pytest.mark.parametrize("wanted", [3, [A, B, C]], ids=["count", "named"])
def test_a_living_stack_with_a_lost_zone_passes_the_whole_preflight(fresh_aws: EmbeddedAws, wanted: Any) -> None:
    post(fresh_aws.url, "zone", {"zone": C, "state": "impaired"})
    run = live(fresh_aws.url, kept=Kept(zones=(A, B, C), edge_zones=(A, B, C)), availabilityZones=wanted)
    assert [f"{check.name}: {each}" for check, each in run.report.of(Outcome.FAILS)] == []
    assert C in run.said("zones", Outcome.WARNING)
