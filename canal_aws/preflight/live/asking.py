"""Calls to AWS, at most ten in flight, whoever makes them; and what they failed with, as a person would say it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from canal_aws.errors import CanalError
from canal_aws.stack.aws_clients import CONNECTIONS, Aws

T = TypeVar("T")
R = TypeVar("R")

# IAM, "Service authorization reference": names of services in policies, where they differ from boto3's.
_IAM_PREFIX = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}


class NotAnswered(CanalError):
    """AWS did not answer a call as it should; `code` is its error code, "" where there was no answer."""

    exit_status = 11

    def __init__(self, action: str, code: str, said: str) -> None:
        super().__init__(f"{action}: {said}")
        self.action = action
        self.code = code


class Asking:
    """One run's calls. `made` counts them by IAM action, like ec2:DescribeVpcs."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._turns = threading.BoundedSemaphore(CONNECTIONS)
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(CONNECTIONS)
        self.made: dict[str, int] = {}

    def ask(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """One call by boto3's method name; NotAnswered with what AWS said."""
        from botocore.exceptions import BotoCoreError, ClientError

        action = action_of(service, operation)
        with self._turns:
            with self._lock:
                self.made[action] = self.made.get(action, 0) + 1
            try:
                answer: dict[str, Any] = getattr(self._aws.client(service), operation)(**request)
            except ClientError as error:
                given = error.response.get("Error", {})
                code = str(given.get("Code", ""))
                raise NotAnswered(action, code, f"{code}: {given.get('Message', '')}".strip(": ")) from error
            except (BotoCoreError, OSError, ValueError) as error:
                raise NotAnswered(action, "", str(error).splitlines()[0]) from error
        return answer

    def pages(self, service: str, operation: str, key: str, **request: Any) -> list[dict[str, Any]]:
        """All items under `key`, page after page; each page is a call of its own."""
        found: list[dict[str, Any]] = []
        names = _PAGING[service]
        token: dict[str, Any] = {}
        while True:
            answer = self.ask(service, operation, **request, **token)
            found += answer.get(key) or []
            following = answer.get(names[1])
            if not following:
                return found
            token = {names[0]: following}

    def each(self, function: Callable[[T], R], items: Iterable[T]) -> Sequence[R]:
        """`function` of every item at the same time; the first failure is raised."""
        return list(self._pool.map(function, items))

    def close(self) -> None:
        """Ends its threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)


# How services name the place to go on from: in the request, in the answer.
_PAGING = {
    "ec2": ("NextToken", "NextToken"),
    "elb": ("Marker", "NextMarker"),
    "elbv2": ("Marker", "NextMarker"),
    "iam": ("Marker", "Marker"),
    "service-quotas": ("NextToken", "NextToken"),
}


def action_of(service: str, operation: str) -> str:
    """boto3's service and method as an IAM action: ec2:DescribeVpcs."""
    words = "".join(word.capitalize() for word in operation.split("_"))
    return f"{_IAM_PREFIX.get(service, service)}:{words}"
