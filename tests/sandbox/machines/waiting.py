"""Waiting for a condition, with a deadline and what to show when it does not come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")


def until(condition: Callable[[], _T], seconds: float, show: Callable[[], object] = lambda: "") -> _T:
    """The first truthy value of `condition`; fails with `show()` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {show()}"
        time.sleep(0.05)
    return value
