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
#: Why a node is replaced that a new instance would not differ from.
ASKED = "asked for"
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
    """One node's turn. `why` is empty where nothing new is replaced: an earlier roll began it, or it is waited for."""

    instance: Instance
    why: tuple[str, ...] = ()

    @property
    def finishes(self) -> bool:
        """Whether nothing new is replaced."""
        return not self.why

    @property
    def summary(self) -> str:
        """For people: what is done and why."""
        if self.why:
            return ", ".join(self.why)
        if self.instance.half_replaced:
            return "an earlier replacement is brought to its end"
        return f"not Ready as a node: waited for, not replaced (`{replacing(self.instance.name)}` replaces it)"


def replacing(*names: str) -> str:
    """The command that replaces these nodes whatever state they are in."""
    return f"canal-aws roll {' '.join(f'--only {name}' for name in names)} --replace"


def replacing_control_plane(control_plane: int) -> str:
    """What replaces the outdated ones of so many control-plane nodes: a command, or why there is none and the way out."""
    return kept_back("the control plane", CONTROL_PLANE, control_plane) or f"`canal-aws roll --only {CONTROL_PLANE}`"


def kept_back(name: str, role: str, control_plane: int) -> str:
    """Why a node of this role stays where the stack has so many control-plane nodes, and the way out; "" where it may go."""
    return _ALONE.format(name=name) if role == CONTROL_PLANE and control_plane < _LEAST_CONTROL_PLANE else ""


_ALONE = (
    "{name} is not replaced: with fewer than three control-plane nodes etcd's data goes with the node. Set controlPlaneNodes "
    "to 3, run `pulumi up` and roll then; or take a snapshot, found a cluster in its place and restore there (docs/day-two.md, "
    "A lost control plane)"
)


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
    replace: bool = False,
) -> Plan:
    """The plan. Refused where `only` names nothing of the stack, or asks for the one control-plane node there is.

    With `replace` the nodes that `only` names are replaced though nothing about them is outdated.
    What an earlier roll began comes first. Then workers, and control-plane nodes last, so that a worker's trouble shows
    before the control plane is touched; the other way round where `control_plane_leads` (see `versions`).
    """
    chosen = select(instances, only, replace)
    steps, left = [], {}
    control_plane = sum(each.role == CONTROL_PLANE for each in instances)
    for instance in chosen:
        why = tuple(outdated.get(instance.name, ())) or ((ASKED,) if replace else ())
        if instance.half_replaced:
            steps.append(Step(instance))
        elif why and (kept := kept_back(instance.name, instance.role, control_plane)):
            if instance.name in only or CONTROL_PLANE in only:
                raise Refused(kept)
            left[instance.name] = kept
        elif why:
            steps.append(Step(instance, why))
        elif not _arrived(nodes.get(instance.name), instance):
            steps.append(Step(instance))
    leading = CONTROL_PLANE if control_plane_leads else WORKER

    def turn(step: Step) -> tuple[bool, bool, bool, list[object]]:
        # What is missing comes before what is outdated: a control-plane node in use waits for all others.
        return not step.finishes, step.instance.role != leading, GONE not in step.why, _natural(step.instance.name)

    return Plan(tuple(sorted(steps, key=turn)), left)


def select(instances: Sequence[Instance], only: Sequence[str], replace: bool = False) -> tuple[Instance, ...]:
    """The instances that `only` names by role, pool or node; all of them where it is empty. Refused for unknown names.

    `worker` is every worker, of whichever pool. `replace` wants names of nodes: of a pool that was asked for nobody
    could tell, after an interruption, which nodes are new already.
    """
    known = {name for each in instances for name in (each.role, each.pool, each.name)}
    unknown = [name for name in only if name not in known]
    if unknown:
        groups = sorted({each.pool for each in instances} | {each.role for each in instances})
        raise Refused(
            f"--only {', '.join(unknown)}: the stack has no such nodes; choose from {', '.join(groups)}, or a node's name "
            f"like {min(each.name for each in instances)}"
        )
    no_nodes = set(only) - {each.name for each in instances}
    if replace and (no_nodes or not only):
        raise Refused(
            f"--replace with {f'--only {min(no_nodes)}' if no_nodes else 'no --only'}: it replaces nodes that are named one by one, "
            f"like `{replacing(min(each.name for each in instances))}`; leave --replace out for those that are outdated"
        )
    wanted = set(only)
    return tuple(each for each in instances if not wanted or wanted & {each.role, each.pool, each.name})


def _arrived(node: NodeNow | None, instance: Instance) -> bool:
    return node is not None and node.ready and node.belongs_to(instance.id)


def _natural(name: str) -> list[object]:
    """For an order in which worker-a-10 comes after worker-a-9."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in re.split(r"(\d+)", name)]
