"""Which nodes a roll replaces, in which order, and what it refuses: decided from facts alone, nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from canal_aws.day_two.errors import Refused
from canal_aws.day_two.live_stack import Instance

CONTROL_PLANE = "control-plane"
WORKER = "worker"
#: Why a node is replaced whose instance has ended.
GONE = "its instance is gone"
#: Below three members etcd has no majority while one is away.
_LEAST_CONTROL_PLANE = 3


@dataclass(frozen=True)
class NodeNow:
    """A Node object: whose instance it says it is, and whether it can take pods."""

    provider_id: str
    ready: bool
    schedulable: bool = True

    def belongs_to(self, instance_id: str) -> bool:
        """Whether this very instance registered it (cloud-provider-aws: aws:///ZONE/INSTANCE)."""
        return self.provider_id.rpartition("/")[2] == instance_id


@dataclass(frozen=True)
class Step:
    """One node's turn. `why` is empty where a replacement that began earlier is only brought to its end."""

    instance: Instance
    why: tuple[str, ...] = ()

    @property
    def finishes(self) -> bool:
        """Whether an earlier roll began it."""
        return not self.why

    @property
    def summary(self) -> str:
        """For people: what is done and why."""
        return ", ".join(self.why) if self.why else "an earlier replacement is brought to its end"


@dataclass(frozen=True)
class Plan:
    """`steps` in their order; `left` are nodes that are outdated and stay, with the reason."""

    steps: tuple[Step, ...]
    left: Mapping[str, str]


def make(
    instances: Sequence[Instance],
    nodes: Mapping[str, NodeNow],
    outdated: Mapping[str, Sequence[str]],
    only: Sequence[str] = (),
    control_plane_leads: bool = False,
) -> Plan:
    """The plan. Refused where `only` names nothing of the stack, or asks for the one control-plane node there is.

    What an earlier roll began comes first. Then workers, and control-plane nodes last, so that a worker's trouble shows
    before the control plane is touched; the other way round where `control_plane_leads` (see `versions`).
    """
    chosen = select(instances, only)
    steps, left = [], {}
    alone = sum(each.role == CONTROL_PLANE for each in instances) < _LEAST_CONTROL_PLANE
    for instance in chosen:
        why = tuple(outdated.get(instance.name, ()))
        if instance.half_replaced:
            steps.append(Step(instance))
        elif why and alone and instance.role == CONTROL_PLANE:
            if instance.name in only or CONTROL_PLANE in only:
                raise Refused(_ALONE.format(name=instance.name))
            left[instance.name] = _ALONE.format(name=instance.name)
        elif why:
            steps.append(Step(instance, why))
        elif not _arrived(nodes.get(instance.name), instance):
            steps.append(Step(instance))
    leading = CONTROL_PLANE if control_plane_leads else WORKER

    def turn(step: Step) -> tuple[bool, bool, bool, list[object]]:
        # What is missing comes before what is outdated: a control-plane node in use waits for all others.
        return not step.finishes, step.instance.role != leading, GONE not in step.why, _natural(step.instance.name)

    return Plan(tuple(sorted(steps, key=turn)), left)


_ALONE = (
    "{name} is not replaced: with fewer than three control-plane nodes etcd's data goes with the node. Set controlPlaneNodes "
    "to 3, run `pulumi up` and roll then; or take a snapshot, found a cluster in its place and restore there (docs/day-two.md, "
    "A lost control plane)"
)


def select(instances: Sequence[Instance], only: Sequence[str]) -> tuple[Instance, ...]:
    """The instances that `only` names by role, pool or node; all of them where it is empty. Refused for unknown names.

    `worker` is every worker, of whichever pool.
    """
    known = {name for each in instances for name in (each.role, each.pool, each.name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        groups = sorted({each.pool for each in instances} | {each.role for each in instances})
        raise Refused(
            f"--only {', '.join(unknown)}: the stack has no such nodes; choose from {', '.join(groups)}, or a node's name "
            f"like {min(each.name for each in instances)}"
        )
    wanted = set(only)
    return tuple(each for each in instances if not wanted or wanted & {each.role, each.pool, each.name})


def _arrived(node: NodeNow | None, instance: Instance) -> bool:
    return node is not None and node.ready and node.belongs_to(instance.id)


def _natural(name: str) -> list[object]:
    """For an order in which worker-a-10 comes after worker-a-9."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]
