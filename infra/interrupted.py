"""A stack whose last `up` was killed: the next one stops before it makes a second copy of what was being created."""

from __future__ import annotations

import pulumi

from canal_aws.recovery import untracked
from infra.session import client
from infra.stack import Identity


def refuse_interrupted(identity: Identity, region: str) -> None:
    """InterruptedUp where the state holds pending creations, or EC2 what carries this stack's tag and is not in the state.

    Whoever may not ask is warned and not held up.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        state = untracked.state_of(identity.tag)
        untracked.refuse_pending(state)
        untracked.refuse_untracked(state, identity.tag, client("ec2", region))
    except (untracked.StateUnread, BotoCoreError, ClientError) as error:
        pulumi.log.warn(f"not checked whether the last `up` was killed ({error}): after a kill run `canal-aws recover`")
