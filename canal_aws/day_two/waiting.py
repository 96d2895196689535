"""Waiting for a condition, with a deadline and what was seen last."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from canal_aws.day_two.errors import TimedOut
from canal_aws.stack.errors import ApiError

#: What is answered while a control-plane node comes or goes: nothing (0), "too many requests", and "forbidden" by an API
#: server that listens, and so gets connections, before it has read its RBAC objects.
_PASSING = (0, 401, 403, 429)
_SERVER_ERROR = 500
_FIRST_PAUSE = 0.25  # seconds
_STEADY_SECONDS = 20.0
_LONGEST_PAUSE = 2.0
T = TypeVar("T")


def passes(error: BaseException) -> bool:
    """Whether it is a refusal that waiting can mend."""
    return isinstance(error, ApiError) and (error.status in _PASSING or error.status >= _SERVER_ERROR)


def steadily(call: Callable[[], T]) -> T:
    """What `call` gives, asked again for some seconds where an API server that comes or goes answers."""
    import tenacity

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(passes),
        stop=tenacity.stop_after_delay(_STEADY_SECONDS),
        wait=tenacity.wait_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE),
        reraise=True,
    )(call)


def until(missing: Callable[[], str], timeout: float, every: float) -> None:
    """Returns once `missing` says "", asked with growing pauses of at most `every` seconds; TimedOut with its last words after
    `timeout` seconds.

    An API that does not answer, or not yet, is waited for as well.
    """
    import tenacity

    last = ""

    def ask() -> bool:
        nonlocal last
        try:
            last = missing()
        except ApiError as error:
            if not passes(error):
                raise
            last = str(error)
        return bool(last)

    try:
        tenacity.Retrying(
            retry=tenacity.retry_if_result(bool),
            stop=tenacity.stop_after_delay(timeout),
            wait=tenacity.wait_exponential(multiplier=_FIRST_PAUSE, max=every),
        )(ask)
    except tenacity.RetryError:
        raise TimedOut(f"after {timeout:.0f} s: {last}") from None
