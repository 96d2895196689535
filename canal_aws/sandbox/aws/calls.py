"""Counts the API calls, so that the cost of an `up` is a figure and not a guess."""

from __future__ import annotations

import threading
from collections import Counter

FLEET_USER_AGENT = "canal-fleet"
"""Requests whose User-Agent holds this are the simulated instances' own, and are not counted."""

IAM_PREFIX = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}
"""Where the prefix of IAM actions differs from moto's name of the service (Service Authorization Reference).
"""


def iam_action(service: str, operation: str) -> str:
    """An operation as IAM spells it, from moto's name of the service."""
    return f"{IAM_PREFIX.get(service, service)}:{operation}"


class CallCounter:
    """Calls by "service:Operation" as IAM spells them, for example "ec2:RunInstances"."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, service: str, operation: str, user_agent: str) -> None:
        """Add one call, unless the fleet made it."""
        if FLEET_USER_AGENT in user_agent:
            return
        with self._lock:
            self._counts[iam_action(service, operation)] += 1

    def snapshot(self) -> dict[str, int]:
        """The counts so far, most frequent first."""
        with self._lock:
            return dict(self._counts.most_common())

    def reset(self) -> None:
        """Start again at zero."""
        with self._lock:
            self._counts.clear()
