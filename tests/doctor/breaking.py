"""How a test breaks a healthy stack's facts, and what doctor says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from canal_aws.doctor.cluster import (
    CanalObjects,
    ClusterNodes,
)
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.vpc import SeenRoute, Tables
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.registry import doctor_checks
from canal_aws.preflight.report import evaluate
from tests.doctor import healthy
from tests.doctor.healthy import Facts

Broken = Callable[[Facts], None]
WORKER, FIRST = "worker-a-0", "control-plane-0"
UP, ROLL = "pulumi up --refresh", f"canal-aws roll --only {WORKER} --replace"


def said(facts: Facts) -> list[tuple[str, Finding]]:
    """What is not ok, with the names of the checks."""
    report = evaluate(doctor_checks(), facts)
    found = [(check.name, each) for outcome in Outcome for check, each in report.of(outcome)]
    return [(name, each) for name, each in found if each.outcome is not Outcome.OK]


def machine(facts: Facts, name: str, **changes: Any) -> None:
    items = facts[Machines].items
    facts[Machines] = Machines(tuple(replace(each, **changes) if each.name == name else each for each in items))


def node(facts: Facts, name: str, **changes: Any) -> None:
    items = facts[ClusterNodes].items
    facts[ClusterNodes] = ClusterNodes(tuple(replace(each, **changes) if each.name == name else each for each in items))


def table(facts: Facts, name: str, change: Callable[[tuple[SeenRoute, ...]], tuple[SeenRoute, ...]]) -> None:
    items = facts[Tables].items
    changed = (replace(each, routes=change(each.routes)) if each.name == name else each for each in items)
    facts[Tables] = Tables(tuple(changed))


def canal(facts: Facts, kind: str, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    change(facts[CanalObjects].found[kind, name])


def way_out(facts: Facts, words: str) -> str:
    """The repair of the one finding that says this."""
    (found,) = (each.way_out for _, each in said(facts) if words in each.what)
    return found


def finds(broken: Broken, check: str, words: str, repair: str) -> None:
    """Asserts that what is broken is found, in these words and with this repair, by that check."""
    facts = healthy.facts()
    broken(facts)
    found = said(facts)
    assert {name for name, each in found if words in each.what and repair in each.way_out} == {check}, found
