"""A stack whose last `up` was killed: the next one stops before it makes a second copy of what was being created."""

from __future__ import annotations

import pulumi

from canal_aws.recovery import untracked
from infra.last_state import LastState
from infra.session import client
from infra.stack import Identity


def refuse_interrupted(state: LastState, identity: Identity, region: str) -> None:
    """InterruptedUp where the state holds pending creations, or EC2 what carries this stack's tag and is not in the state.

    Whoever may not ask is warned and not held up.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    deployment, unasked = state.deployment, state.unread
    if deployment:
        untracked.refuse_pending(deployment)
        try:
            untracked.refuse_untracked(deployment, identity.tag, client("ec2", region))
        except (BotoCoreError, ClientError) as error:
            unasked = str(error)
    if unasked:
        pulumi.log.warn(
            f"not checked whether the last `up` was killed ({unasked}): after a kill run `canal-aws recover`"
        )
