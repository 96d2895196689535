"""Pages: every list operation honours its limit and its token, as botocore's own paginator data describes
them.

moto ignores MaxResults on most Describe calls and serialises everything (200 tables of 500 routes: 14.5 s).
Sources: botocore's paginators-1.json (which parameter limits, which one continues, which list is cut); the
EC2 API reference for the ranges (botocore carries them as the shapes' minimum and maximum). Where no limit
is given a page is AWS's maximum for the operation, at most 1,000 ("Query requests, pagination": "we
recommend that you ... paginate").
"""

from __future__ import annotations

import base64
import binascii
from functools import cache
from typing import Any

from ..errors import AwsError, invalid_parameter
from ..pipeline import Call, Rules

SERVICES = {"ec2": "ec2", "elbv2": "elbv2", "iam": "iam", "service-quotas": "service-quotas"}
LARGEST_PAGE = 1000
EVERYTHING = 10**9
UNLIMITED_PAGE = {"elbv2": 400, "iam": 100, "service-quotas": 100}
"""A page when no limit is asked for and the operation has no maximum of its own (the services' API
references)."""


@cache
def _models(service: str) -> tuple[Any, Any]:
    import botocore.session

    session = botocore.session.get_session()
    return session.get_paginator_model(service), session.get_service_model(service)


@cache
def _page(service: str, operation: str) -> dict[str, Any] | None:
    """How `operation` pages, and the smallest and largest page it takes; None for one that does not page."""
    paginators, model = _models(service)
    try:
        config: dict[str, Any] = dict(paginators.get_paginator(operation))
    except ValueError:
        return None
    keys = config["result_key"]
    if not isinstance(config.get("limit_key"), str) or not isinstance(config["input_token"], str):
        return None
    shape = model.operation_model(operation).input_shape.members[config["limit_key"]]
    config["result_key"] = keys if isinstance(keys, str) else keys[0]
    config["least"] = int(shape.metadata.get("min", 1))
    config["most"] = int(shape.metadata.get("max", LARGEST_PAGE))
    config["usual"] = min(config["most"], UNLIMITED_PAGE.get(service, LARGEST_PAGE))
    return config


def _check(call: Call) -> None:
    page = _page(SERVICES[call.service], call.operation)
    if page is None:
        return
    # moto's own paging, where it has one, must not cut first (at 15 templates, 100 instances): ask it for all.
    limit = call.params.get(page["limit_key"])
    token = call.params.pop(page["input_token"], None)
    call.params[page["limit_key"]] = EVERYTHING
    if limit is not None and not page["least"] <= int(limit) <= page["most"]:
        raise invalid_parameter(
            f"Value ( {limit} ) for parameter {page['limit_key']} is invalid. Expecting a value between "
            f"{page['least']} and {page['most']}."
        )
    call.page = (int(limit) if limit is not None else None, token)


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(str(token)).decode().removeprefix("canal-aws:"))
    except (binascii.Error, ValueError):
        raise AwsError("InvalidNextToken", f"The token '{token}' is invalid") from None


def _cut(call: Call, result: Any) -> Any:
    page = _page(SERVICES[call.service], call.operation)
    if page is None or not isinstance(result, dict) or call.page is None:
        return None
    everything = result.get(page["result_key"])
    if everything is None:
        return None
    limit, token = call.page
    everything, first = list(everything), _start(token)
    last = first + (limit or page["usual"])
    answer = {**result, page["result_key"]: everything[first:last]}
    answer.pop(page["output_token"], None)
    if last < len(everything):
        answer[page["output_token"]] = base64.urlsafe_b64encode(f"canal-aws:{last}".encode()).decode()
    if "more_results" in page:
        answer[page["more_results"]] = last < len(everything)
    return answer


def install(rules: Rules) -> None:
    """Install paging; first of all `after` rules, so that what follows works on one page."""
    for service in SERVICES:
        rules.before(service, "*", rule=_check)
        rules.after(service, "*", rule=_cut)
