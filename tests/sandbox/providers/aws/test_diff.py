"""What counts as a difference: sets, policies, protocols and tags as the official provider compares them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pulumi.provider.experimental.provider import PropertyDiffKind

from canal_aws.sandbox.providers.aws.catalogue import resource_type
from canal_aws.sandbox.providers.aws.diff import Difference, diff_resource, same_policy
from canal_aws.sandbox.providers.values import UNKNOWN

GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"


def diff(token: str, state: dict[str, Any], inputs: dict[str, Any], *ignored: str) -> Difference:
    return diff_resource(resource_type(token), state, inputs, ignored)


def test_tags_differ_key_by_key() -> None:
    found = diff(
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "tags": {"a": "1", "canal-aws:x": "1", "c": "1"}},
        {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "tags": {"a": "1", "canal-aws:x": "2", "d": "1"}},
    )
    assert found.detailed == {
        'tags["canal-aws:x"]': PropertyDiffKind.UPDATE,
        'tags["c"]': PropertyDiffKind.DELETE,
        'tags["d"]': PropertyDiffKind.ADD,
    }
    assert not found.replaces


def test_sets_have_no_order() -> None:
    state = {"name": "n", "loadBalancerType": "network", "subnets": ["a", "b"], "securityGroups": ["s", "t"]}
    inputs = {"name": "n", "loadBalancerType": "network", "subnets": ["b", "a"], "securityGroups": ["t", "s"]}
    assert not diff(BALANCER, state, inputs).changed


@pytest.mark.parametrize(
    ("change", "replaced"),
    [
        ({"subnets": ["a", "b", "c"]}, set()),
        ({"subnets": ["a"]}, {"subnets"}),
        ({"subnets": UNKNOWN}, {"subnets"}),
        ({"securityGroups": ["t"]}, set()),
    ],
)
def test_a_balancer_gains_subnets_and_never_loses_one(change: dict[str, Any], replaced: set[str]) -> None:
    state = {"name": "n", "loadBalancerType": "network", "subnets": ["a", "b"], "securityGroups": ["s"]}
    found = diff(BALANCER, state, state | change)
    assert found.changed == set(change)
    assert found.replaces == replaced


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": ["x"]}', '{"a":"x"}', True),
        ('{"a": ["x", "y"]}', '{"a": ["y", "x"]}', True),
        ('{"a": "x", "b": 1}', '{"b": 1, "a": "x"}', True),
        ('{"a": "x"}', '{"a": "y"}', False),
        ('{"Statement": [{"Action": "x"}]}', '{"Statement": {"Action": ["x"]}}', True),
        ("no json", "no json", True),
    ],
)
def test_policies_are_compared_by_meaning(one: str, other: str, same: bool) -> None:
    assert same_policy(one, other) is same


def test_policy_in_another_spelling_is_no_change() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "a", "Resource": "*"}]}
    state = {"name": "n", "role": "r", "policy": json.dumps(document)}
    inputs = {"name": "n", "role": "r", "policy": json.dumps(document, indent=2)}
    assert not diff("aws:iam/rolePolicy:RolePolicy", state, inputs).changed


@pytest.mark.parametrize(("one", "other"), [("6", "tcp"), ("all", "-1"), ("UDP", "udp"), ("4", "4")])
def test_protocols_are_compared_by_meaning(one: str, other: str) -> None:
    rule = {"securityGroupId": "sg-1", "cidrIpv4": "10.0.0.0/8"}
    assert not diff(RULE, rule | {"ipProtocol": one}, rule | {"ipProtocol": other}).changed


def test_a_rule_whose_kind_of_source_changes_is_replaced() -> None:
    rule = {"securityGroupId": "sg-1", "ipProtocol": "tcp", "fromPort": 1, "toPort": 1}
    found = diff(RULE, rule | {"cidrIpv4": "10.0.0.0/8"}, rule | {"referencedSecurityGroupId": "sg-2"})
    assert found.replaces == {"cidrIpv4", "referencedSecurityGroupId"}
    assert diff(RULE, rule | {"cidrIpv4": "10.0.0.0/8"}, rule | {"cidrIpv4": "10.0.0.0/9"}).replaces == set()


def test_an_explicit_name_deletes_before_it_replaces_and_an_automatic_one_does_not() -> None:
    state = {"name": "n", "description": "a", "vpcId": "vpc-1"}
    explicit = diff(GROUP, state, state | {"description": "b"})
    assert explicit.delete_before_replace
    automatic = diff(GROUP, state, state | {"description": "b", "__defaults": ["name"]})
    assert automatic.replaces == {"description"}
    assert not automatic.delete_before_replace
    renamed = diff(GROUP, state, state | {"name": "m"})
    assert renamed.replaces == {"name"}
    assert not renamed.delete_before_replace


def test_a_value_not_known_yet_replaces_where_another_value_would() -> None:
    state = {"vpcId": "vpc-1", "tags": {}}
    found = diff("aws:ec2/routeTable:RouteTable", state, {"vpcId": UNKNOWN})
    assert found.detailed == {"vpcId": PropertyDiffKind.UPDATE_REPLACE}


def test_what_aws_decided_is_no_difference() -> None:
    state = {"vpcId": "v", "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a", "mapPublicIpOnLaunch": False}
    assert not diff("aws:ec2/subnet:Subnet", state, {"vpcId": "v", "cidrBlock": "10.0.0.0/24"}).changed


def test_ignored_properties_do_not_differ() -> None:
    state = {"launchTemplate": {"id": "lt-1", "version": "1"}, "sourceDestCheck": True, "instanceType": "a"}
    inputs = {"launchTemplate": {"id": "lt-1", "version": "2"}, "sourceDestCheck": True, "instanceType": "a"}
    assert diff("aws:ec2/instance:Instance", state, inputs).detailed == {
        "launchTemplate.version": PropertyDiffKind.UPDATE_REPLACE
    }
    assert not diff("aws:ec2/instance:Instance", state, inputs, "launchTemplate").changed
