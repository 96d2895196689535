"""Waiting with a deadline: quick looks at first, progress to the engine, an end when the engine cancels."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from canal_aws.sandbox.providers.kubernetes.errors import Cancelled

DEFAULT_SECONDS = 600.0
"""await.go: ten minutes, unless `custom_timeouts` or `pulumi.com/timeoutSeconds` say otherwise."""

FIRST_DELAY = 0.05
LONGEST_DELAY = 1.0


class DeadlinePassed(Exception):
    """Carries what was still lacking."""


def wait_until(
    lacking: Callable[[], str | None], seconds: float, cancelled: threading.Event, report: Callable[[str], None]
) -> None:
    """Call `lacking` until it returns None; `report` each new thing that it says is lacking.

    Raises DeadlinePassed after `seconds`, Cancelled when the event is set.
    """
    deadline = time.monotonic() + seconds
    delay, said = FIRST_DELAY, ""
    while True:
        missing = lacking()
        if missing is None:
            break
        if time.monotonic() >= deadline:
            raise DeadlinePassed(missing)
        # The first looks come so soon that what they see is not worth a line.
        if missing != said and delay > FIRST_DELAY * 4:
            report(missing)
            said = missing
        if cancelled.wait(min(delay, max(deadline - time.monotonic(), 0))):
            raise Cancelled(f"cancelled while waiting: {missing}")
        delay = min(delay * 1.5, LONGEST_DELAY)
    if said:
        report("")
