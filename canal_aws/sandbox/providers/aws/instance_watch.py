"""DescribeInstances for many instances at once: what several operations ask within a moment is one call."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any

from canal_aws.sandbox.providers.aws.clients import Aws

GATHER = 0.05
"""Seconds in which questions gather before they are asked."""

LARGEST = 100
"""Instances a call; AWS takes 200 values a filter."""

_lock = threading.Lock()
_gathering: dict[int, dict[str, Future[dict[str, Any] | None]]] = {}


def describe_instance(aws: Aws, instance_id: str) -> dict[str, Any] | None:
    """The instance as DescribeInstances shows it, or None where AWS knows none of that id."""
    with _lock:
        waiting = _gathering.setdefault(id(aws), {})
        leads = not waiting
        future = waiting.setdefault(instance_id, Future())
    if leads:
        aws.cancelled.wait(GATHER)
        with _lock:
            waiting = _gathering.pop(id(aws))
        _ask(aws, waiting)
    return future.result()


def _ask(aws: Aws, waiting: dict[str, Future[dict[str, Any] | None]]) -> None:
    ids = sorted(waiting)
    try:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(ids), LARGEST):
            # A filter leaves out unknown ids; InstanceIds would fail for all of them.
            chunk = [{"Name": "instance-id", "Values": ids[start : start + LARGEST]}]
            answer = aws.ec2.describe_instances(Filters=chunk)
            for reservation in answer["Reservations"]:
                found |= {instance["InstanceId"]: instance for instance in reservation["Instances"]}
    except Exception as error:
        for future in waiting.values():
            future.set_exception(error)
        return
    for instance_id, future in waiting.items():
        future.set_result(found.get(instance_id))
