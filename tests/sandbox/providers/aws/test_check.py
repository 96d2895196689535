"""What is refused before AWS is asked: unknown, missing and unmodelled properties, all at once; and names."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from canal_aws.sandbox.providers.aws.catalogue import resource_type
from canal_aws.sandbox.providers.aws.check import check_resource
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.values import UNKNOWN

ROUTE = "aws:ec2/route:Route"
ROLE_POLICY_TEXT = '{"Version": "2012-10-17", "Statement": []}'


def check(
    token: str, inputs: dict[str, Any], old: dict[str, Any] | None = None, name: str = "it", seed: bytes = b"s"
) -> tuple[dict[str, Any], dict[str, str]]:
    checked, failures = check_resource(resource_type(token), name, old or {}, inputs, seed, "us-east-1")
    return checked, dict(failures)


def test_unknown_property_is_refused_and_named() -> None:
    _, failures = check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "ipv4IpamPoolId": "ipam-1"})
    assert list(failures) == ["ipv4IpamPoolId"]
    assert "stand-in for pulumi-aws" in failures["ipv4IpamPoolId"]


def test_computed_property_cannot_be_set() -> None:
    _, failures = check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "arn": "arn:x"})
    assert failures == {"arn": "is computed by AWS and cannot be set"}


def test_everything_wrong_is_told_at_once() -> None:
    _, failures = check(
        "aws:lb/targetGroup:TargetGroup",
        {"port": "many", "protocol": "UDP", "healthCheck": {"matcher": "200", "interval": "soon"}, "stickiness": {}},
    )
    assert set(failures) == {
        "port",
        "protocol",
        "healthCheck.matcher",
        "healthCheck.interval",
        "stickiness",
        "vpcId",
    }


def test_failures_in_lists_carry_their_index() -> None:
    _, failures = check(
        "aws:lb/listener:Listener",
        {
            "loadBalancerArn": "arn:x",
            "port": 6443,
            "protocol": "TCP",
            "defaultActions": [{"type": "forward", "targetGroupArn": "arn:y"}, {"type": "redirect"}],
        },
    )
    assert set(failures) == {"defaultActions[1].type", "defaultActions[1].targetGroupArn"}


def test_missing_required_properties_are_all_named() -> None:
    _, failures = check(ROUTE, {})
    assert {"routeTableId", "destinationCidrBlock", "gatewayId"} == set(failures)


@pytest.mark.parametrize(
    "targets",
    [{}, {"gatewayId": "igw-1", "natGatewayId": "nat-1"}],
    ids=["none", "two"],
)
def test_route_needs_exactly_one_target(targets: dict[str, str]) -> None:
    _, failures = check(ROUTE, {"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", **targets})
    assert len(failures) == 1
    assert "exactly one of" in next(iter(failures.values()))


def test_route_target_that_is_not_modelled_is_refused() -> None:
    _, failures = check(
        ROUTE,
        {"routeTableId": "rtb-1", "destinationCidrBlock": "10.9.0.0/16", "vpcPeeringConnectionId": "pcx-1"},
    )
    assert "vpcPeeringConnectionId" in failures


@pytest.mark.parametrize(
    ("token", "inputs", "path"),
    [
        ("aws:ec2/routeTable:RouteTable", {"vpcId": "vpc-1", "routes": []}, "routes"),
        ("aws:ec2/securityGroup:SecurityGroup", {"vpcId": "vpc-1", "ingress": []}, "ingress"),
        ("aws:ssm/parameter:Parameter", {"name": "/a", "type": "SecureString", "value": "x"}, "value"),
    ],
)
def test_refused_properties_say_what_to_do_instead(token: str, inputs: dict[str, Any], path: str) -> None:
    _, failures = check(token, inputs)
    assert "refused" in failures[path]


def test_ports_stay_out_where_all_protocols_are_meant() -> None:
    rule = {"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "10.0.0.0/8", "fromPort": 0, "toPort": 0}
    _, failures = check("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", rule)
    assert set(failures) == {"fromPort", "toPort"}


def test_another_region_is_refused() -> None:
    _, failures = check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "region": "eu-west-1"})
    assert "us-east-1" in failures["region"]
    checked, failures = check("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16", "region": "us-east-1"})
    assert not failures
    assert checked["region"] == "us-east-1"


def test_policy_that_is_not_json_is_refused() -> None:
    _, failures = check("aws:iam/role:Role", {"assumeRolePolicy": "{"})
    assert "not JSON" in failures["assumeRolePolicy"]


def test_values_that_a_preview_does_not_know_pass() -> None:
    checked, failures = check(
        ROUTE,
        {"routeTableId": UNKNOWN, "destinationCidrBlock": "10.128.0.0/24", "networkInterfaceId": UNKNOWN},
    )
    assert not failures
    assert checked["networkInterfaceId"] is UNKNOWN


def test_scalars_are_taken_in_the_spellings_that_the_bridge_takes() -> None:
    checked, failures = check(
        "aws:ec2/instance:Instance",
        {"launchTemplate": {"id": "lt-1", "version": 3}, "sourceDestCheck": "false", "tags": {"n": 1, "b": True}},
    )
    assert not failures
    assert checked["launchTemplate"]["version"] == "3"
    assert checked["sourceDestCheck"] is False
    assert checked["tags"] == {"n": "1", "b": "true"}


def test_a_name_is_made_up_once_and_kept() -> None:
    inputs = {"assumeRolePolicy": ROLE_POLICY_TEXT}
    first, _ = check("aws:iam/role:Role", inputs, name="nodes", seed=b"one")
    again, _ = check("aws:iam/role:Role", inputs, name="nodes", seed=b"one")
    other, _ = check("aws:iam/role:Role", inputs, name="nodes", seed=b"two")
    kept, _ = check("aws:iam/role:Role", inputs, old=first, name="nodes", seed=b"two")
    assert first["name"] == again["name"] == kept["name"] != other["name"]
    prefix, _, digits = first["name"].rpartition("-")
    assert prefix == "nodes"
    assert len(digits) == 7
    int(digits, 16)


def test_a_name_that_cannot_be_made_up_within_the_types_length_is_refused() -> None:
    inputs = {"loadBalancerType": "network", "subnets": ["subnet-1"]}
    fits, failures = check("aws:lb/loadBalancer:LoadBalancer", inputs, name="x" * 24)
    assert not failures
    assert len(fits["name"]) == 32
    _, failures = check("aws:lb/loadBalancer:LoadBalancer", inputs, name="x" * 25)
    assert "longer than 32" in failures["name"]


def test_types_that_are_not_modelled_are_refused() -> None:
    with pytest.raises(ProviderError, match="aws:sqs/queue:Queue is not modelled"):
        resource_type("aws:sqs/queue:Queue")


def test_an_unconfigured_provider_refuses_to_work() -> None:
    from canal_aws.sandbox.providers.aws.provider import StandInAws

    request = SimpleNamespace(type="aws:ec2/vpc:Vpc", name="v", old_inputs={}, new_inputs={}, random_seed=b"")
    with pytest.raises(ProviderError, match="not configured"):
        asyncio.run(StandInAws({}).check(request))  # type: ignore[arg-type]
