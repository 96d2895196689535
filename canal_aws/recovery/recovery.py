"""The recovery: who holds the lock, what was under way, what of it is there, and a state that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from canal_aws.progress import Progress
from canal_aws.recovery import finders, kubernetes
from canal_aws.recovery.errors import Ambiguous, RecoveryError
from canal_aws.stack import locks
from canal_aws.stack.deployment import CREATING, Deployment, Pending
from canal_aws.stack.errors import Locked, PulumiFailed
from canal_aws.stack.pulumi_cli import Pulumi

#: Asks the user; True where the answer is yes.
Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Plan:
    """What a recovery will do. `found` maps the URN of a pending creation to the id and further outputs to keep."""

    state: Deployment
    found: kubernetes.Found

    @property
    def created(self) -> list[Pending]:
        """Pending creations whose resource is there."""
        return [item for item in self.state.pending() if item.urn in self.found]

    @property
    def missing(self) -> list[Pending]:
        """Pending creations that never happened."""
        pending = (item for item in self.state.pending() if item.operation == CREATING)
        return [item for item in pending if item.urn not in self.found]

    @property
    def others(self) -> list[Pending]:
        """Updates and deletions that were under way: the resources are in the state, and are read anew."""
        return [item for item in self.state.pending() if item.operation != CREATING]


def release_lock(pulumi: Pulumi, ask: Ask) -> list[locks.Holder]:
    """Remove a lock in a file:// backend whose holder is dead; Locked where it lives, or where the user says no."""
    holders = locks.in_files(pulumi.backend, pulumi.stack)
    if holders:
        settle(pulumi, holders, "", ask)
    return holders


def settle(pulumi: Pulumi, holders: list[locks.Holder], told: str, ask: Ask) -> None:
    """Cancel where every holder is known to be dead, or the user takes it on themselves; Locked otherwise."""
    for holder in holders:
        if holder.here and holder.alive:
            raise Locked(
                f"stack {pulumi.stack} is being updated by {holder}: wait until it ends, or end it with "
                f"`kill -INT {holder.pid}`, which lets it finish what it is doing; then run recover again"
            )
    elsewhere = [holder for holder in holders if not holder.here]
    if elsewhere or not holders:
        who = "; ".join(map(str, elsewhere)) or told or "a command that the backend does not name"
        question = f"The stack {pulumi.stack} is locked by {who}. Has that command ended?"
        if not ask(question):
            raise Locked(
                f"stack {pulumi.stack} is locked by {who}: make sure that it has ended, then run recover with --yes"
            )
    pulumi.cancel()


def plan(pulumi: Pulumi, cluster_gone: bool, progress: Progress) -> Plan:
    """What was under way and what of it is there. Raises Ambiguous, RecoveryError, ClusterSilent; changes nothing."""
    with progress.step("reading the stack's state"):
        state = pulumi.export()
    creations = [item for item in state.pending() if item.operation == CREATING]
    objects = [item for item in creations if item.type.startswith(kubernetes.PREFIX)]
    resources = [item for item in creations if item not in objects]
    found: kubernetes.Found = {}
    if resources or (objects and not cluster_gone):
        with progress.step("reading the providers' credentials"):
            # For this process alone: the state that is written in the end is the one whose secrets stayed encrypted.
            secrets_shown = pulumi.export(show_secrets=True)
    if resources:
        with progress.step(f"asking AWS for {len(resources)} resources that were being created"):
            ids = finders.candidates(secrets_shown, resources)
        _refuse_doubles(state, resources, ids)
        found |= {urn: (each[0], {}) for urn, each in ids.items() if each}
    if objects and not cluster_gone:
        with progress.step(f"asking Kubernetes for {len(objects)} objects that were being created"):
            found |= kubernetes.find(secrets_shown, objects)
    # An object that is in the state already was made again by a later `up`.
    return Plan(state, {urn: each for urn, each in found.items() if each[0] not in state.ids_of(urn)})


def _urns(state: Deployment) -> set[str]:
    return {str(resource["urn"]) for resource in state.resources}


def _refuse_doubles(state: Deployment, pending: Iterable[Pending], ids: dict[str, list[str]]) -> None:
    """Ambiguous where a logical name has several candidates: which one the cluster uses cannot be told from here."""
    lines = []
    for item in pending:
        candidates, known = ids[item.urn], state.ids_of(item.urn)
        if len(candidates) > 1 or (candidates and known):
            kept = [f"{each} (in the state)" for each in known]
            lines.append(f"  {item}: {', '.join([*kept, *candidates])}")
    if lines:
        raise Ambiguous(
            "AWS holds more than one resource for one logical name: an `up` was run after the kill, or a replacement was "
            "under way:\n"
            + "\n".join(lines)
            + "\nNothing was changed. Look at them, delete the surplus with AWS's own means "
            "(one that is not in the state has nothing of this stack's depending on it), then run recover again"
        )


def perform(pulumi: Pulumi, chosen: Plan, progress: Progress) -> list[Pending]:
    """Make the state say what is there; the found resources that were gone again when they were read."""
    if not chosen.state.has_pending():
        return []
    aws = {
        item.urn: chosen.found[item.urn][0] for item in chosen.created if not item.type.startswith(kubernetes.PREFIX)
    }
    if aws:
        with progress.step("completing what was being created"):
            finders.make_ready(pulumi.export(show_secrets=True), chosen.created, aws)
    with progress.step("writing the stack's state"):
        pulumi.replace_state(chosen.state.settled(chosen.found))
    urns = [item.urn for item in (*chosen.created, *chosen.others)]
    present = _urns(pulumi.export())
    urns = [urn for urn in dict.fromkeys(urns) if urn in present]
    if urns:
        try:
            with progress.step(f"reading {len(urns)} resources"):
                pulumi.refresh(urns)
        except PulumiFailed as failed:
            raise RecoveryError(
                "what was found is in the stack's state now, but could not be read yet: run `pulumi refresh` until it "
                f"succeeds, and `pulumi up` only then\n{failed}"
            ) from None
    after = pulumi.export()
    if after.has_pending():
        raise RecoveryError(
            "the state still holds pending operations: another command ran meanwhile; run recover again"
        )
    there = _urns(after)
    return [item for item in chosen.created if item.urn not in there]
