"""One request of the engine on one resource: its clients, its deadline, and what exists already."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from canal_aws.sandbox.providers.aws.clients import Aws
from canal_aws.sandbox.providers.aws.errors import ProviderError, code_of, describe

T = TypeVar("T")

FIRST_DELAY = 0.2
LONGEST_DELAY = 5.0


class Operation:
    """What a resource type's functions work with.

    `timeout` is the user's own (`custom_timeouts`), in seconds; 0 where none is given.
    """

    def __init__(self, aws: Aws, name: str = "", timeout: float = 0.0) -> None:
        self.aws = aws
        self.name = name
        self.timeout = timeout
        self.resource_id: str | None = None
        self.state: dict[str, Any] = {}

    def created(self, resource_id: str, state: dict[str, Any] | None = None) -> None:
        """Record that the resource exists. A failure after this one keeps the id and `state`."""
        self.resource_id = resource_id
        self.state = dict(state or {})

    def wait(self, what: str, poll: Callable[[], T | None], seconds: float) -> T:
        """Call `poll` until it returns something, quickly at first and then every 5 s.

        Raises ProviderError past the deadline (`seconds`, or the user's own), and when the engine cancels.
        """
        deadline = time.monotonic() + (self.timeout or seconds)
        delay = FIRST_DELAY
        while True:
            result = poll()
            if result is not None:
                return result
            if time.monotonic() >= deadline:
                raise ProviderError(f"{what}: not so after {self.timeout or seconds:.0f} s")
            if self.aws.cancelled.wait(delay * random.uniform(0.8, 1.2)):
                raise ProviderError(f"{what}: cancelled")
            delay = min(delay * 1.5, LONGEST_DELAY)

    def retry(self, call: Callable[[], T], codes: Collection[str], seconds: float, message: str = "") -> T:
        """`call`, repeated while AWS answers one of `codes` (with `message` in its text), as the official
        provider does where one resource's deletion must settle before another's."""
        last: list[Exception] = []

        def once() -> tuple[T] | None:
            try:
                return (call(),)
            except Exception as error:
                if code_of(error) not in codes or message not in describe(error):
                    raise
                last[:] = [error]
                return None

        try:
            return self.wait("retried", once, seconds)[0]
        except ProviderError:
            if last:
                raise last[0] from None
            raise

    def ignore(self, call: Callable[[], Any], codes: Collection[str]) -> bool:
        """`call`; False where AWS answers one of `codes`, which deletions take for done."""
        try:
            call()
        except Exception as error:
            if code_of(error) in codes:
                return False
            raise
        return True

    def find(self, call: Callable[[], dict[str, Any]], key: str, codes: Collection[str]) -> dict[str, Any] | None:
        """The first of the answer's list `key`, or None where AWS answers one of `codes` or an empty list."""
        try:
            found = call()[key]
        except Exception as error:
            if code_of(error) in codes:
                return None
            raise
        return dict(found[0]) if found else None
