"""Up to how many nodes an account carries each architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.addressing import Kept
from canal_aws.preflight.capacity import Capacity, capacities
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.run import facts_for, live_facts
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.registry import input_checks, live_checks


def account_capacities(
    raw: Mapping[str, Any], smallest: Choice, asking: Asking, target: Target, kept: Kept | None = None
) -> tuple[Capacity, ...]:
    """AWS is asked once, for the `smallest` plan of the chosen architecture: what it answers is of no architecture or size.

    Of the caller's permissions that is true but for servicequotas:GetServiceQuota, which native-routes alone calls in `up`.
    """
    facts = live_facts(smallest, asking, target, kept)
    return capacities(raw, (*input_checks(), *live_checks()), lambda choice: facts_for(choice, facts))
