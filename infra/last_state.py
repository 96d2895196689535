"""What the stack's last state says: read once a run, with the pending operations that only an export shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from canal_aws.recovery.untracked import StateUnread, read_again_while_written, state_of
from infra.stack import Identity

if TYPE_CHECKING:
    from canal_aws.stack.deployment import Deployment


@dataclass(frozen=True)
class LastState:
    """`resources` by URN, with type, inputs and outputs, those left out that only wait for their deletion.

    `deployment` is the whole export; None where there is no `pulumi` command to ask, and `unread` says why.
    """

    resources: Mapping[str, Mapping[str, Any]]
    deployment: Deployment | None = None
    unread: str = ""

    @classmethod
    def of_stack(cls, identity: Identity) -> LastState:
        """The state as it is also after an `up` that failed half-way; empty before the first one.

        StateUnread where neither the command nor the engine hands it out.
        """
        try:
            deployment = state_of(identity.tag)
        except StateUnread as error:
            return cls(_told_by_the_engine(identity), unread=str(error))
        return cls(deployment.living(), deployment)


def _told_by_the_engine(identity: Identity) -> Mapping[str, Mapping[str, Any]]:
    try:
        result = read_again_while_written(
            lambda: pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {"stackName": identity.tag}).value
        )
    except Exception as error:
        raise StateUnread(
            f"the last state of {identity.tag} could not be read: {error}; run `pulumi stack export`"
        ) from error
    return result.get("outputs") or {}
