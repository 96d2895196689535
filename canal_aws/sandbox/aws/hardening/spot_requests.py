"""Spot requests: a spot instance comes with one and shows its id; to cancel it ends no instance.

moto starts the instance without a request, takes options that EC2 refuses, forgets a request as soon as it is
cancelled, and fails on ids that it does not know.
Sources: EC2 API reference (RunInstances, SpotMarketOptions, CancelSpotInstanceRequests); EC2 User Guide "Get
the status of a Spot Instance request"; the messages as in terraform-provider-aws issue 38588, nixops issue 514
and harmony-ops issue 285.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.ec2.utils import random_spot_request_id

from ..errors import AwsError, not_modelled
from ..pipeline import Call, Rules
from .instances import TERMINATED


@dataclass
class SpotRequest:
    """A one-time request that was fulfilled; attributes are named as moto serialises them."""

    instance: Any
    instance_interruption_behavior: str
    spot_price: str | None
    type: str = "one-time"
    product_description: str = "Linux/UNIX"
    cancelled: bool = False
    spot_instance_request_id: str = field(default_factory=random_spot_request_id)
    create_time: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def instance_id(self) -> str:
        return str(self.instance.id)

    @property
    def state(self) -> str:
        if self.cancelled:
            return "cancelled"
        return "closed" if self.instance.state in TERMINATED else "active"

    @property
    def status(self) -> dict[str, Any]:
        if self.instance.state in TERMINATED:
            code = "instance-terminated-by-user"
        else:
            code = "request-canceled-and-instance-running" if self.cancelled else "fulfilled"
        return {"Code": code, "UpdateTime": self.create_time}

    def filtered_by(self, name: str) -> str:
        """What a filter compares."""
        values = {
            "instance-id": self.instance_id,
            "spot-instance-request-id": self.spot_instance_request_id,
            "state": self.state,
        }
        if name not in values:
            raise not_modelled("ec2", "DescribeSpotInstanceRequests", f"the filter {name}")
        return values[name]


def _check_options(call: Call) -> None:
    market = call.params.get("InstanceMarketOptions")
    if not market:
        return
    if not market.get("MarketType"):
        raise AwsError("MissingParameter", "The request must contain the parameter MarketType.")
    options = market.get("SpotOptions") or {}
    kind, behaviour = options.get("SpotInstanceType", "one-time"), options.get("InstanceInterruptionBehavior")
    if market["MarketType"] != "spot" or kind != "one-time":
        raise not_modelled("ec2", "RunInstances", f"the market {market['MarketType']} with requests of type {kind}")
    if behaviour not in (None, "terminate"):
        raise AwsError(
            "InvalidParameterCombination",
            f"The request with type 'one-time' is not supported when instanceInterruptionBehavior is set to "
            f"'{behaviour}'.",
        )


def _record(call: Call, result: Any) -> None:
    market = call.params.get("InstanceMarketOptions")
    if not market:
        return
    options = market.get("SpotOptions") or {}
    for instance in result.instances:
        request = SpotRequest(
            instance, options.get("InstanceInterruptionBehavior", "terminate"), options.get("MaxPrice")
        )
        call.ec2.spot_instance_requests[request.spot_instance_request_id] = request
        instance.spot_instance_request_id = request.spot_instance_request_id


def _requests(call: Call) -> list[Any]:
    known = call.ec2.spot_instance_requests
    for key in call.params.get("SpotInstanceRequestIds") or []:
        if key not in known:
            raise AwsError(
                "InvalidSpotInstanceRequestID.NotFound", f"The spot instance request ID '{key}' does not exist"
            )
    return [known[key] for key in call.params.get("SpotInstanceRequestIds") or []]


def _describe(call: Call) -> Any:
    named, everything = _requests(call), list(call.ec2.spot_instance_requests.values())
    filters = {each["Name"]: each["Values"] for each in call.params.get("Filters") or []}
    found = [
        each
        for each in named or everything
        if all(each.filtered_by(name) in values for name, values in filters.items())
    ]
    return {"SpotInstanceRequests": found}


def _cancel(call: Call) -> Any:
    requests = _requests(call)
    if not requests:
        raise AwsError("MissingParameter", "The request must contain the parameter SpotInstanceRequestId")
    for request in requests:
        # One whose instance is gone stays closed.
        request.cancelled = request.state != "closed"
    return {
        "CancelledSpotInstanceRequests": [
            {"SpotInstanceRequestId": each.spot_instance_request_id, "State": each.state} for each in requests
        ]
    }


def _refuse(call: Call) -> None:
    raise not_modelled("ec2", call.operation, "spot instances come of RunInstances here")


def install(rules: Rules) -> None:
    """Install spot requests; after the launch template has been applied."""
    rules.before("ec2", "RunInstances", rule=_check_options)
    rules.after("ec2", "RunInstances", rule=_record)
    rules.before("ec2", "RequestSpotInstances", "RequestSpotFleet", "CreateFleet", rule=_refuse)
    rules.instead("ec2", "DescribeSpotInstanceRequests", _describe)
    rules.instead("ec2", "CancelSpotInstanceRequests", _cancel)
