"""Up to how many nodes each architecture is carried, and what stops it there: the preflight's own checks, asked again
and again with another architecture and workersPerZone, never a second set of rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import architectures
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, Outcome
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import Check
from canal_aws.preflight.report import COULD_NOT_BE_CHECKED, DOES_NOT_FIT, Report, evaluate

Said = tuple[Check, Finding]
#: Facts by type for a choice, and why others could not be had; what does not rest on the choice is the same each time.
FactsOf = Callable[[Choice], tuple[Mapping[type, Any], Mapping[type, str]]]

_GROWS = "workersPerZone"


@dataclass(frozen=True)
class Capacity:
    """What one architecture is carried to.

    `nodes` of all roles fit with `workers_per_zone`, the last value that does; one more adds `step` nodes, one a zone, and
    `stopped_by` says what then no longer fits. `nodes` is 0 where not even the `smallest` plan (workersPerZone = 0) fits, and
    None where there is no plan at all. `in_the_way` fails at any size; `unchecked` could not be checked.
    """

    architecture: str
    nodes: int | None
    workers_per_zone: int
    smallest: int
    step: int
    stopped_by: tuple[Said, ...] = ()
    in_the_way: tuple[Said, ...] = ()
    unchecked: tuple[Said, ...] = ()

    def fits(self, wanted: int) -> bool:
        """Whether a plan of `wanted` nodes or more is carried, and nothing is in the way at any size."""
        return self.nodes is not None and wanted <= self.nodes and not self.in_the_way

    def exit_status(self, wanted: int) -> int:
        """0 it fits, 10 it does not, 11 something could not be checked (and nothing that was says no)."""
        if self.in_the_way or (self.nodes is not None and wanted > self.nodes):
            return DOES_NOT_FIT
        return COULD_NOT_BE_CHECKED if self.unchecked or self.nodes is None else 0

    def workers_for(self, wanted: int) -> int | None:
        """The workersPerZone with which there are `wanted` nodes, or as few more as the step allows; None past `nodes`."""
        if self.nodes is None or wanted > self.nodes:
            return None
        return max(-(-(wanted - self.smallest) // self.step), 0)


def smallest(raw: Mapping[str, Any], architecture: str) -> Choice:
    """The settings (camelCase) with another architecture and no workers but those of pools."""
    return _choice(raw, architecture, 0)


def capacities(raw: Mapping[str, Any], checks: Iterable[Check], facts_of: FactsOf) -> tuple[Capacity, ...]:
    """One of each architecture, all other settings as they are in `raw` (camelCase)."""
    whole = tuple(checks)
    return tuple(capacity(raw, each.name, whole, facts_of) for each in architectures.ARCHITECTURES)


def capacity(raw: Mapping[str, Any], architecture: str, checks: Iterable[Check], facts_of: FactsOf) -> Capacity:
    """That of one architecture."""
    return _Search(raw, architecture, tuple(checks), facts_of).capacity()


class _Search:
    def __init__(self, raw: Mapping[str, Any], architecture: str, checks: tuple[Check, ...], facts_of: FactsOf) -> None:
        self._raw, self._architecture, self._facts_of = raw, architecture, facts_of
        # What reads neither settings nor plan says the same at every size.
        self._sized = tuple(each for each in checks if {Plan, Choice} & set(each.needs))
        self._of_choice = tuple(each for each in self._sized if Plan not in each.needs)
        self._none = self._facts(0)
        self._smallest = evaluate(checks, *self._none)
        self._fixed = self._failing_at_any_size()
        self._unchecked_anyway = {check.name for check, _ in self._smallest.of(Outcome.UNCHECKED)}

    def capacity(self) -> Capacity:
        """Searches; every number is of a plan that was made."""
        plan = self._none[0].get(Plan)
        in_the_way = tuple(each for each in self._smallest.of(Outcome.FAILS) if _words(each) in self._fixed)
        unchecked = self._smallest.of(Outcome.UNCHECKED)
        base, step = (plan.nodes, len(plan.addresses.zones)) if plan else (0, 1)
        if stops := tuple(self._stops(self._smallest)):
            return Capacity(self._architecture, 0, 0, base, step, stops, in_the_way, unchecked)
        if plan is None:
            return Capacity(self._architecture, None, 0, base, step, (), in_the_way, unchecked)
        workers = self._last()
        stops = tuple(self._stops(self._report(workers + 1, self._sized)))
        nodes = base + step * workers
        return Capacity(self._architecture, nodes, workers, base, step, stops, in_the_way, unchecked)

    def _last(self) -> int:
        bound = 1
        while self._can_be_chosen(bound):
            bound *= 2
        possible = _last_that(self._can_be_chosen, 0, bound)
        return _last_that(self._fits, 0, possible + 1)

    def _can_be_chosen(self, workers: int) -> bool:
        """What the checks say that need no plan: making one of thousands of nodes takes most of the time."""
        facts, missing = self._none
        choice = _choice(self._raw, self._architecture, workers)
        if choice.settings is None:
            return False
        return not any(self._stops(evaluate(self._of_choice, {**facts, Choice: choice}, missing)))

    def _fits(self, workers: int) -> bool:
        return not any(self._stops(self._report(workers, self._sized)))

    def _stops(self, report: Report) -> Iterator[Said]:
        """What fails because of the size; or, where only that shows, what can no longer be checked for it."""
        fails = [each for each in report.of(Outcome.FAILS) if _words(each) not in self._fixed]
        yield from fails or (
            each for each in report.of(Outcome.UNCHECKED) if each[0].name not in self._unchecked_anyway
        )

    def _failing_at_any_size(self) -> frozenset[tuple[str, str]]:
        """Failures of the smallest plan that the next one has in the same words: they have no node count in them."""
        fails = self._smallest.of(Outcome.FAILS)
        if not fails:
            return frozenset()
        _, missing = self._facts(1)
        after = self._report(1, self._sized)
        repeated = {_words(each) for each in after.of(Outcome.FAILS)}
        # The checks that could not look at the next plan cannot be compared.
        compared = {check for check in self._sized if not set(check.needs) & set(missing)}
        return frozenset(_words(each) for each in fails if each[0] not in compared or _words(each) in repeated)

    def _report(self, workers: int, checks: tuple[Check, ...]) -> Report:
        return evaluate(checks, *self._facts(workers))

    def _facts(self, workers: int) -> tuple[Mapping[type, Any], Mapping[type, str]]:
        facts, missing = self._facts_of(_choice(self._raw, self._architecture, workers))
        # How many are carried, and not whether one `up` leads there from what stands.
        return {**facts, Plan: facts[Plan].settled} if Plan in facts else facts, missing


def _choice(raw: Mapping[str, Any], architecture: str, workers: int) -> Choice:
    return Choice.of({**raw, "architecture": architecture, _GROWS: workers})


def _words(said: Said) -> tuple[str, str]:
    return said[0].name, said[1].what


def _last_that(fits: Callable[[int], bool], low: int, high: int) -> int:
    """The last that fits, of `low`, which does, up to but not `high`, which does not; the last is tried first."""
    if high - low > 1 and fits(high - 1):
        return high - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
