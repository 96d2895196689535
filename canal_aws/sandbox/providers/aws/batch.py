"""Describe calls for many resources at once: what several operations ask within a moment is one call."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from canal_aws.sandbox.providers.aws.clients import Aws

GATHER = 0.05
"""Seconds in which questions gather before they are asked."""

LARGEST = 100
"""Resources a call; AWS takes 200 values a filter."""

Found = dict[str, Any] | None
Ask = Callable[[Aws, list[str]], Mapping[str, dict[str, Any]]]


class Batch:
    """`get` answers for one id; `ask` answers for a list of them, leaving out those that do not exist."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._gathering: dict[int, dict[str, Future[Found]]] = {}

    def get(self, aws: Aws, resource_id: str) -> Found:
        """What AWS shows of the resource, or None where it knows none of that id."""
        with self._lock:
            waiting = self._gathering.setdefault(id(aws), {})
            leads = not waiting
            future = waiting.setdefault(resource_id, Future())
        if leads:
            aws.cancelled.wait(GATHER)
            with self._lock:
                waiting = self._gathering.pop(id(aws))
            self._answer(aws, waiting)
        return future.result()

    def _answer(self, aws: Aws, waiting: dict[str, Future[Found]]) -> None:
        ids = sorted(waiting)
        found: dict[str, dict[str, Any]] = {}
        try:
            for start in range(0, len(ids), LARGEST):
                found |= self._ask(aws, ids[start : start + LARGEST])
        except Exception as error:
            for future in waiting.values():
                future.set_exception(error)
            return
        for resource_id, future in waiting.items():
            future.set_result(found.get(resource_id))


def _instances(aws: Aws, ids: list[str]) -> dict[str, dict[str, Any]]:
    # A filter leaves out unknown ids; the parameter InstanceIds would fail for all of them.
    pages = aws.ec2.get_paginator("describe_instances").paginate(Filters=[{"Name": "instance-id", "Values": ids}])
    return {
        instance["InstanceId"]: instance
        for page in pages
        for reservation in page["Reservations"]
        for instance in reservation["Instances"]
    }


def _route_tables(aws: Aws, ids: list[str]) -> dict[str, dict[str, Any]]:
    pages = aws.ec2.get_paginator("describe_route_tables").paginate(Filters=[{"Name": "route-table-id", "Values": ids}])
    found: dict[str, dict[str, Any]] = {}
    for page in pages:
        for table in page["RouteTables"]:
            # A table of many routes may be continued on the next page.
            if table["RouteTableId"] in found:
                found[table["RouteTableId"]]["Routes"].extend(table["Routes"])
            else:
                found[table["RouteTableId"]] = table
    return found


def _rules(aws: Aws, ids: list[str]) -> dict[str, dict[str, Any]]:
    pages = aws.ec2.get_paginator("describe_security_group_rules").paginate(
        Filters=[{"Name": "security-group-rule-id", "Values": ids}]
    )
    return {rule["SecurityGroupRuleId"]: rule for page in pages for rule in page["SecurityGroupRules"]}


def _spot_requests(aws: Aws, ids: list[str]) -> dict[str, dict[str, Any]]:
    pages = aws.ec2.get_paginator("describe_spot_instance_requests").paginate(
        Filters=[{"Name": "spot-instance-request-id", "Values": ids}]
    )
    return {request["SpotInstanceRequestId"]: request for page in pages for request in page["SpotInstanceRequests"]}


INSTANCES = Batch(_instances)
ROUTE_TABLES = Batch(_route_tables)
SECURITY_GROUP_RULES = Batch(_rules)
SPOT_REQUESTS = Batch(_spot_requests)
