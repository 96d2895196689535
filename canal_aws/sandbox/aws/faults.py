"""What a test can let go wrong between a client and the embedded AWS, for all calls or for some actions.

Each service spells an error in its own way: EC2 API reference "Error codes"; "Common errors" of the Query APIs of IAM,
STS and ELB, and of Systems Manager; Service Quotas API reference (TooManyRequestsException).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .calls import iam_action
from .errors import AwsError

#: Errors of the API: by service (its own code and HTTP status), "" for the query services, and the message.
ERRORS: dict[str, tuple[dict[str, tuple[str, int]], str]] = {
    "throttle": (
        {
            "ec2": ("RequestLimitExceeded", 503),
            "ssm": ("ThrottlingException", 400),
            "service-quotas": ("TooManyRequestsException", 400),
            "": ("Throttling", 400),
        },
        "Rate exceeded",
    ),
    "expired": (
        {
            "ec2": ("RequestExpired", 400),
            "ssm": ("ExpiredTokenException", 400),
            "service-quotas": ("ExpiredTokenException", 400),
            "": ("ExpiredToken", 403),
        },
        "The security token included in the request is expired",
    ),
    "invalid": (
        {
            "ec2": ("AuthFailure", 401),
            "ssm": ("UnrecognizedClientException", 400),
            "service-quotas": ("UnrecognizedClientException", 400),
            "": ("InvalidClientTokenId", 403),
        },
        "The security token included in the request is invalid.",
    ),
}
#: What happens on the way, so that no answer of AWS arrives.
ON_THE_WAY = ("drop", "garbage", "hang")
GARBAGE = b"<html><head><title>Sign in to the network</title></head><body>Welcome</body></html>"
#: How the pipeline tells the server what to do with an answer; no client ever sees it.
HEADER = "X-Canal-Fault"
ALL = "*"


@dataclass
class Fault:
    """`kind` is a key of ERRORS or one of ON_THE_WAY; `actions` are IAM's, or "*"; `left` is None where it stays."""

    kind: str
    actions: frozenset[str]
    left: int | None = None

    @classmethod
    def of(cls, document: Any) -> Fault:
        """From {"fault": …, "actions": […], "times": n}; ValueError says what it should be."""
        kinds = (*ERRORS, *ON_THE_WAY)
        if not isinstance(document, dict) or document.get("fault") not in kinds:
            raise ValueError(f"each fault is one of {', '.join(kinds)}")
        actions, times = document.get("actions", [ALL]), document.get("times")
        if not isinstance(actions, list) or not all(isinstance(each, str) for each in actions):
            raise ValueError('actions is a list like ["ec2:DescribeVpcs"], or ["*"]')
        if times is not None and (not isinstance(times, int) or times < 1):
            raise ValueError("times is a whole number from 1, or left out for every call")
        return cls(document["fault"], frozenset(actions), times)

    def meets(self, action: str) -> bool:
        """Whether it is about this action."""
        return ALL in self.actions or action in self.actions


@dataclass
class Faults:
    """The faults of one server. `delay` is in seconds, added to each answer while other calls go on."""

    delay: float = 0.0
    _standing: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def set(self, faults: Iterable[Fault], delay: float = 0.0) -> None:
        """Let these stand in the place of those there were, and release the calls that hang."""
        with self._lock:
            self._over.set()
            self._over = threading.Event()
            self._standing, self.delay = list(faults), delay

    def clear(self) -> None:
        """None at all."""
        self.set(())

    def on_the_way(self, service: str, operation: str) -> str:
        """The fault that this call's answer meets on its way, "" for none."""
        return self._take(iam_action(service, operation), ON_THE_WAY)

    def refuse(self, service: str, operation: str) -> None:
        """AwsError where this call is to fail as the API itself would say it."""
        kind = self._take(iam_action(service, operation), tuple(ERRORS))
        if kind:
            codes, message = ERRORS[kind]
            code, status = codes.get(service, codes[""])
            raise AwsError(code, message, status)

    def hang(self, seconds: float = 600.0) -> None:
        """Return once the faults are others, or after `seconds`."""
        with self._lock:
            over = self._over
        over.wait(seconds)

    def pause(self) -> None:
        """The delay of one answer."""
        if self.delay:
            threading.Event().wait(self.delay)

    def _take(self, action: str, kinds: tuple[str, ...]) -> str:
        with self._lock:
            for fault in self._standing:
                if fault.kind in kinds and fault.meets(action) and fault.left != 0:
                    if fault.left is not None:
                        fault.left -= 1
                    return fault.kind
        return ""
