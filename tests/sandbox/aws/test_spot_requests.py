"""Spot requests on the embedded AWS: what a spot instance shows of its own, and what becomes of one that is cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from .clients import Aws, refused

SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time"}}


def _request(aws: Aws, key: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[key])[
        "SpotInstanceRequests"
    ][0]
    return found


def _launched(aws: Aws, subnet: str) -> tuple[str, str]:
    instance = aws.running(subnet, InstanceMarketOptions=SPOT)
    return instance["InstanceId"], instance["SpotInstanceRequestId"]


@pytest.mark.hardening
def test_a_spot_instance_names_its_request(aws: Aws, subnet: str, image: str) -> None:
    instance, key = _launched(aws, subnet)
    request = _request(aws, key)
    assert (request["InstanceId"], request["State"], request["Status"]["Code"]) == (instance, "active", "fulfilled")
    assert (request["Type"], request["InstanceInterruptionBehavior"]) == ("one-time", "terminate")
    assert aws.instance(instance)["InstanceLifecycle"] == "spot"
    mine = [{"Name": "instance-id", "Values": [instance]}]
    (found,) = aws.ec2.describe_spot_instance_requests(Filters=mine)["SpotInstanceRequests"]
    assert found == request


@pytest.mark.hardening
def test_a_request_ends_with_its_instance(aws: Aws, subnet: str, image: str) -> None:
    instance, key = _launched(aws, subnet)
    aws.terminate(instance)
    assert _request(aws, key)["State"] == "closed"


@pytest.mark.hardening
def test_a_cancelled_request_is_still_described_and_its_instance_runs_on(aws: Aws, subnet: str, image: str) -> None:
    instance, key = _launched(aws, subnet)
    for _ in range(2):
        answer = aws.ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[key])
        assert answer["CancelledSpotInstanceRequests"] == [{"SpotInstanceRequestId": key, "State": "cancelled"}]
    assert _request(aws, key)["State"] == "cancelled"
    assert aws.instance(instance)["State"]["Name"] == "running"


@pytest.mark.hardening
def test_an_unknown_request_is_refused(aws: Aws) -> None:
    with refused("InvalidSpotInstanceRequestID.NotFound", "sir-0123abcd"):
        aws.ec2.describe_spot_instance_requests(SpotInstanceRequestIds=["sir-0123abcd"])
    with refused("InvalidSpotInstanceRequestID.NotFound", "sir-0123abcd"):
        aws.ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=["sir-0123abcd"])


@pytest.mark.hardening
def test_options_that_ec2_refuses(aws: Aws, subnet: str, image: str) -> None:
    with refused("MissingParameter", "MarketType"):
        aws.run(subnet, InstanceMarketOptions={"SpotOptions": {"SpotInstanceType": "one-time"}})
    stopping = {"SpotInstanceType": "one-time", "InstanceInterruptionBehavior": "stop"}
    with refused("InvalidParameterCombination", "one-time"):
        aws.run(subnet, InstanceMarketOptions={"MarketType": "spot", "SpotOptions": stopping})


@pytest.mark.hardening
@pytest.mark.filterwarnings("ignore:.*SandboxNotModelled does not match an error shape")
def test_a_persistent_request_is_not_modelled(aws: Aws, subnet: str, image: str) -> None:
    persistent = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "persistent"}}
    with refused("SandboxNotModelled"):
        aws.run(subnet, InstanceMarketOptions=persistent)


def test_an_instance_on_demand_has_none(aws: Aws, subnet: str, image: str) -> None:
    assert "SpotInstanceRequestId" not in aws.running(subnet)
    assert aws.ec2.describe_spot_instance_requests()["SpotInstanceRequests"] == []
