"""A whole preflight: inputs and AWS together."""

from __future__ import annotations

from canal_aws.addressing import Kept
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.inputs import input_facts
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live import images, inventory, permissions, region, transit
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.gathering import gather
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
    inventory.interfaces,
    inventory.instances,
    inventory.load_balancers,
    inventory.instance_profiles,
    permissions.permissions,
)


def check_live(choice: Choice, asking: Asking, target: Target, kept: Kept | None = None) -> Report:
    """Every check. Where AWS does not answer what the plan needs, the plan for assumed zones stands in for it."""
    known, absent = input_facts(choice, target.region, kept=kept, stack=target.stack)
    assumed = known.pop(Plan, None)
    del known[Limits]  # AWS is asked for both
    facts = gather(_SOURCES, {**known, Asking: asking, Target: target}, absent)
    found, missing = dict(facts.known), dict(facts.missing)
    if Plan in missing and assumed is not None:
        found[Plan] = assumed
        del missing[Plan]
    return evaluate((*input_checks(), *live_checks()), found, missing)
