"""Calls to AWS, at most ten in flight, whoever makes them; and what they failed with, as a person would say it."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

from canal_aws.errors import CanalError
from canal_aws.stack.aws_clients import CONNECTIONS, Aws, Patience

T = TypeVar("T")
R = TypeVar("R")

# IAM, "Service authorization reference": names of services in policies, where they differ from boto3's.
_IAM_PREFIX = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}

#: A call that nobody answers has failed after 33 seconds at most; a page of large route tables takes AWS a few.
PATIENCE = Patience(attempts=3, connect=3.0, read=10.0)
# EC2 API reference, "Error codes"; "Common errors" of the other services; Service Quotas API reference.
_THROTTLED = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException", "TooManyRequestsException"})
# Beyond botocore's own attempts: Service Quotas takes few calls a second, and a preflight makes many at once.
_TURNS_WHEN_THROTTLED, _LONGEST_PAUSE = 4, 8.0
_NONE_OF_AWSS = "the answer is none of AWS's; look for a proxy in the way"


class NotAnswered(CanalError):
    """AWS did not answer a call as it should: `code` is its error code, "" where there was no answer, `said` its words."""

    exit_status = 11

    def __init__(self, action: str, code: str, said: str) -> None:
        super().__init__(f"{action}: {said}")
        self.action = action
        self.code = code
        self.said = said


class Asking:
    """One run's calls, as a context that ends its threads. `made` counts them by IAM action, like ec2:DescribeVpcs."""

    def __init__(self, aws: Aws, patience: Patience = PATIENCE) -> None:
        self._aws = aws.with_patience(patience)
        self._turns = threading.BoundedSemaphore(CONNECTIONS)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        self._speaking: set[str] = set()
        self._silent: dict[str, str] = {}
        self.made: dict[str, int] = {}

    def ask(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """One call by boto3's method name; NotAnswered with what AWS said."""
        action = action_of(service, operation)
        turn = 0
        while True:
            try:
                return self._once(service, operation, action, request)
            except NotAnswered as error:
                turn += 1
                if error.code not in _THROTTLED or turn == _TURNS_WHEN_THROTTLED:
                    raise
            _pause(turn)

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
        """All items under `key`, page after page; each page is a call of its own."""
        return list(self.items(service, operation, key, **request))

    def items(self, service: str, operation: str, key: str, **request: Any) -> Iterator[dict[str, Any]]:
        """The same one by one, so that a page can go once its items are read."""
        names = _PAGING[service]
        token: dict[str, Any] = {}
        while True:
            answer = self.ask(service, operation, **request, **token)
            following = answer.get(names[1])
            yield from answer.pop(key, None) or ()
            if not following:
                return
            token = {names[0]: following}

    def in_region(self, region: str) -> Asking:
        """The same run's calls in another Region, among its ten in flight and in its count; it ends with this one."""
        there = copy.copy(self)
        there._aws = self._aws.in_region(region)
        there._speaking, there._silent = set(), {}
        return there

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> Sequence[R]:
        """`function` of every item at the same time; the first failure is raised."""
        return list(self._pool.map(function, items))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _once(self, service: str, operation: str, action: str, request: dict[str, Any]) -> dict[str, Any]:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            ConnectTimeoutError,
            EndpointConnectionError,
            ReadTimeoutError,
        )
        from botocore.parsers import ResponseParserError

        with self._turns:
            self._begin(service, action)
            try:
                call = getattr(self._aws.client(service), operation)
            except (BotoCoreError, ClientError, ValueError) as error:  # profiles, roles, Regions
                code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
                raise NotAnswered(action, str(code), _first_line(error)) from error
            try:
                answer: dict[str, Any] = call(**request)
            except ClientError as error:
                self._heard(service)
                given = error.response.get("Error", {})
                code = str(given.get("Code", ""))
                raise NotAnswered(action, code, f"{code}: {given.get('Message', '')}".strip(": ")) from error
            except (ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError) as error:
                self._unheard(service, action)
                raise NotAnswered(action, "", _first_line(error)) from error
            except (BotoCoreError, OSError) as error:
                raise NotAnswered(action, "", _first_line(error)) from error
            except (ResponseParserError, LookupError, TypeError, AttributeError, ValueError) as error:
                # botocore's parsers trip over what is no answer of the API wherever they happen to be.
                raise NotAnswered(action, "", f"{_NONE_OF_AWSS} ({type(error).__name__} in reading it)") from error
        if not answer.get("ResponseMetadata", {}).get("RequestId"):
            # What parses without a word of AWS's in it, a proxy's page for one, would read as an empty account.
            raise NotAnswered(action, "", f"{_NONE_OF_AWSS} (it has no request id)")
        self._heard(service)
        return answer

    def _begin(self, service: str, action: str) -> None:
        with self._lock:
            silent = self._silent.get(service)
            if silent and service not in self._speaking:
                raise NotAnswered(action, "", f"not asked: {silent} had no answer, nor had any other call of {service}")
            self.made[action] = self.made.get(action, 0) + 1

    def _heard(self, service: str) -> None:
        with self._lock:
            self._speaking.add(service)

    def _unheard(self, service: str, action: str) -> None:
        with self._lock:
            self._silent.setdefault(service, action)


# How services name the place to go on from: in the request, in the answer.
_PAGING = {
    "ec2": ("NextToken", "NextToken"),
    "elb": ("Marker", "NextMarker"),
    "elbv2": ("Marker", "NextMarker"),
    "iam": ("Marker", "Marker"),
    "service-quotas": ("NextToken", "NextToken"),
}


def action_of(service: str, operation: str) -> str:
    """boto3's service and method as an IAM action: ec2:DescribeVpcs, servicequotas:GetAWSDefaultServiceQuota."""
    words = "".join("AWS" if word == "aws" else word.capitalize() for word in operation.split("_"))
    return f"{_IAM_PREFIX.get(service, service)}:{words}"


def _pause(turn: int) -> None:
    """A random part of a time that doubles with each turn ("full jitter"), so that those who were refused part."""
    import random
    import time

    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 2.0**turn)))


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
