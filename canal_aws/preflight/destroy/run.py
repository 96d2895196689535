"""A whole destroy preflight, and what it found as things."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from canal_aws.preflight.destroy import balancing, network, storage
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import Foreign, Thing
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.gathering import Facts, gather
from canal_aws.preflight.registry import destroy_checks
from canal_aws.preflight.report import Report, evaluate

SOURCES: tuple[Callable[..., Any], ...] = (
    network.stack_vpcs,
    balancing.load_balancers,
    balancing.classic_load_balancers,
    balancing.target_groups,
    network.interfaces,
    network.security_groups,
    network.default_group_rules,
    network.network_acls,
    network.instances,
    network.endpoints,
    network.subnets,
    network.route_tables,
    network.gateways,
    network.egress_only_gateways,
    network.connections,
    storage.volumes,
    storage.snapshots,
)


def look(asking: Asking, stack: StackFacts, sources: tuple[Callable[..., Any], ...] = SOURCES) -> Facts:
    """What AWS holds of somebody else's, asked at the same time; what could not be had is missing with the reason."""
    return gather(sources, {Asking: asking, StackFacts: stack}, {})


def report_of(facts: Facts) -> Report:
    """Every destroy check on these facts."""
    return evaluate(destroy_checks(), facts.known, facts.missing)


def things_of(facts: Facts) -> tuple[Thing, ...]:
    """Everything that was found, whatever the kind."""
    return tuple(thing for found in facts.known.values() if isinstance(found, Foreign) for thing in found.things)
