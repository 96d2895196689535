"""What happens by itself after an API call has answered: an instance comes up, a load balancer becomes
active.

AWS answers before the work is done, and whoever does not wait for the state is refused. moto does everything
at once. The delays are far shorter than AWS's, and long enough that a program which does not wait meets the
state in between.
"""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable

INSTANCE_START = 0.4
"""Seconds from RunInstances (pending) to running; tens of seconds on AWS."""
INSTANCE_END = 0.4
"""Seconds from TerminateInstances (shutting-down) to terminated; tens of seconds to minutes on AWS."""
INSTANCE_FORGOTTEN = 120.0
"""Seconds that a terminated instance is still described; about an hour on AWS."""
NAT_GATEWAY_CHANGE = 0.4
"""Seconds a NAT gateway is pending or deleting; a minute or two on AWS."""
LOAD_BALANCER_START = 1.0
"""Seconds a Network Load Balancer is provisioning; two to three minutes on AWS."""


class Timeline:
    """Steps that fall due. Nothing runs in the background: `catch_up` is called before each API call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def after(self, seconds: float, step: Callable[[], None]) -> None:
        """Have `step` happen once, `seconds` from now."""
        heapq.heappush(self._steps, (self._clock() + seconds, next(self._order), step))

    def catch_up(self) -> None:
        """Run every step that is due, the earliest first."""
        while self._steps and self._steps[0][0] <= self._clock():
            heapq.heappop(self._steps)[2]()

    def clear(self) -> None:
        """Forget everything that was still to come."""
        self._steps.clear()
