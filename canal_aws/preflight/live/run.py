"""A whole preflight: inputs and AWS together."""

from __future__ import annotations

from typing import Any

from canal_aws.addressing import Kept
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.inputs import input_facts
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live import images, inventory, permissions, prefix_lists, region, transit
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.gathering import Facts, gather
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import input_checks, live_checks
from canal_aws.preflight.report import Report, evaluate

_SOURCES = (
    region.caller,
    region.region_state,
    region.zones,
    region.offerings,
    region.instance_types,
    region.plan,
    images.images,
    transit.transit_routes,
    inventory.limits,
    inventory.vpcs,
    inventory.subnets,
    inventory.route_tables,
    inventory.peerings,
    inventory.internet_gateways,
    inventory.nat_gateways,
    inventory.addresses,
    inventory.security_groups,
    prefix_lists.tables_lists,
    prefix_lists.groups_lists,
    inventory.interfaces,
    inventory.instances,
    inventory.load_balancers,
    inventory.instance_profiles,
    permissions.permissions,
)


def check_live(choice: Choice, asking: Asking, target: Target, kept: Kept | None = None) -> Report:
    """Every check. Where AWS does not answer what the plan needs, the plan for assumed zones stands in for it."""
    facts = live_facts(choice, asking, target, kept)
    return evaluate((*input_checks(), *live_checks()), facts.known, facts.missing)


def live_facts(choice: Choice, asking: Asking, target: Target, kept: Kept | None = None) -> Facts:
    """What AWS says, and the plan in its zones, or in assumed ones."""
    known, absent = input_facts(choice, target.region, kept=kept, stack=target.stack)
    assumed = known.pop(Plan, None)
    del known[Limits]  # AWS is asked for both
    facts = gather(_SOURCES, {**known, Asking: asking, Target: target}, absent)
    if Plan in facts.missing and assumed is not None:
        missing = {each: why for each, why in facts.missing.items() if each is not Plan}
        return Facts({**facts.known, Plan: assumed}, missing)
    return facts


def facts_for(choice: Choice, facts: Facts) -> tuple[dict[type, Any], dict[type, str]]:
    """What was gathered for a choice, for another one of the same zones, instance types and system: nobody is asked again."""
    zones = tuple(zone.name for zone in facts.known[Plan].addresses.zones) if Plan in facts.known else ()
    region = facts.known[Target].region
    known, absent = input_facts(choice, region, zones, facts.known[Kept], facts.known.get(Limits))
    missing = {each: why for each, why in facts.missing.items() if each is not Plan} | absent
    whole = {**facts.known, **known}
    return {each: value for each, value in whole.items() if each not in missing}, missing
