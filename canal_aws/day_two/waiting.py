"""Waiting for a condition, with a deadline and what was seen last."""

from __future__ import annotations

from collections.abc import Callable

from canal_aws.day_two.errors import TimedOut
from canal_aws.stack.errors import ApiError

#: Statuses that a control plane gives while one of its nodes is replaced: no answer, too many requests, 5xx.
_PASSING = (0, 429)
_SERVER_ERROR = 500
_FIRST_PAUSE = 0.25  # seconds


def passes(error: ApiError) -> bool:
    """Whether a refusal is one that waiting can mend."""
    return error.status in _PASSING or error.status >= _SERVER_ERROR


def until(missing: Callable[[], str], timeout: float, every: float) -> None:
    """Returns once `missing` says "", asked with growing pauses of at most `every` seconds; TimedOut with its last words after
    `timeout` seconds.

    An API that does not answer is waited for as well; one that refuses (401, 403, …) is not.
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
