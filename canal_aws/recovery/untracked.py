"""What tells an `up` that the one before was killed: pending creations in the state, resources that it does not know.

The state is read with `pulumi stack export`: a program cannot see pending operations, nor resources that wait for their
deletion, which AWS still holds rightly. Pending creations cover every type. They are gone once somebody has cleared them
(`pulumi refresh --clear-pending-creates`), and so EC2 is asked as well, by the tag that all of the stack's resources carry.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from typing import Any, TypeVar

from canal_aws.errors import CanalError
from canal_aws.recovery.ec2 import ID_PREFIXES, TAGGED
from canal_aws.stack.deployment import CREATING, STACK_TAG, Deployment

T = TypeVar("T")

_NAMED = 10
_SECONDS = 60.0
_WRITTEN_SECONDS = 5.0


class InterruptedUp(CanalError):
    """An earlier `up` was killed and left things that a new one would make again."""


class StateUnread(CanalError):
    """The state could not be read from within the program."""


def read_again_while_written(read: Callable[[], T]) -> T:
    """What `read` gives, tried anew for some seconds where it meets the engine writing the very state that it reads.

    A file:// backend puts a checkpoint and its attributes down one after the other: in between, the engine says
    "failed to load checkpoint: EOF". A file that a kill left half-written says so for good: then the last error stands.
    """
    import tenacity

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: "failed to load checkpoint" in str(error)),
        stop=tenacity.stop_after_delay(_WRITTEN_SECONDS),
        wait=tenacity.wait_random(0.05, 0.3),
        reraise=True,
    )(read)


def state_of(stack: str) -> Deployment:
    """The state of organization/project/stack while its program runs; StateUnread where it cannot be had."""
    return read_again_while_written(lambda: _exported(stack))


def _exported(stack: str) -> Deployment:
    command = shutil.which("pulumi")
    if command is None:
        raise StateUnread("no `pulumi` on PATH")
    try:
        done = subprocess.run(
            [command, "stack", "export", "--stack", stack, "--non-interactive", "--color", "never"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StateUnread(f"`pulumi stack export` did not run: {error}") from error
    if done.returncode:
        told = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise StateUnread(f"`pulumi stack export --stack {stack}` failed: {told[-1]}")
    return Deployment(done.stdout)


def refuse_pending(state: Deployment) -> None:
    """InterruptedUp where something was being created when the engine was killed."""
    pending = [str(item) for item in state.pending() if item.operation == CREATING]
    if pending:
        raise InterruptedUp(
            f"an earlier `pulumi up` was killed while it created {_some(pending)}: AWS may hold them, and this `up` would "
            "make each a second time. Run `canal-aws recover` in this folder first"
        )


def refuse_untracked(state: Deployment, stack: str, ec2: Any) -> None:
    """InterruptedUp where EC2 holds living resources with this stack's tag that the state does not know."""
    known = {resource_id for _, resource_id in state.ids()}
    unknown = {
        found: types
        for found in _tagged(ec2, stack)
        for prefix, types in ID_PREFIXES.items()
        if found.startswith(prefix) and found not in known
    }
    # Tags outlive their resources: those of a terminated instance or a deleted NAT gateway for an hour.
    described = {each for types in unknown.values() for each in types}
    living = {found for each in described for found in TAGGED[each].ids(ec2, {STACK_TAG: stack})}
    left = sorted(unknown.keys() & living)
    if left:
        raise InterruptedUp(
            f"EC2 holds resources with the tag {STACK_TAG} = {stack} that the stack's state does not know: {_some(left)}. "
            "An earlier `up` was killed and what it left was cleared from the state, or the stack was removed without "
            "`pulumi destroy`. Where the state still has pending creations `canal-aws recover` takes them in; otherwise delete "
            f"these, or, to keep them apart from this stack, remove their tag {STACK_TAG}"
        )


def _tagged(ec2: Any, stack: str) -> list[str]:
    filters = [{"Name": "key", "Values": [STACK_TAG]}, {"Name": "value", "Values": [stack]}]
    pages = ec2.get_paginator("describe_tags").paginate(Filters=filters)
    return [str(tag["ResourceId"]) for page in pages for tag in page["Tags"]]


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return ", ".join(items[:_NAMED]) + more
