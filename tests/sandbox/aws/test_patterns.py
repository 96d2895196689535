"""Patterns and lengths that services publish with their APIs: tags, names and descriptions on the embedded AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from canal_aws.sandbox.aws.hardening.patterns import CODES, compiled

from .clients import TRUST, Aws, refused

_VALUE = "at 'tags.1.member.value' failed to satisfy constraint: Member must satisfy regular expression pattern: "


def _role(aws: Aws, **tag: str) -> Any:
    return aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Tags=[tag])


def _target_group(aws: Aws, **tag: str) -> Any:
    vpc = aws.vpc()
    return aws.elb.create_target_group(
        Name="api", Protocol="TCP", Port=6443, VpcId=vpc, TargetType="instance", Tags=[tag]
    )


def _load_balancer(aws: Aws, **tag: str) -> Any:
    subnet = aws.subnet(aws.vpc())
    return aws.elb.create_load_balancer(Name="api", Type="network", Scheme="internal", Subnets=[subnet], Tags=[tag])


def _parameter(aws: Aws, **tag: str) -> Any:
    return aws.ssm.put_parameter(Name="/canal-aws/dev/join", Type="SecureString", Value="x", Tags=[tag])


_TAGGED: dict[str, Callable[..., Any]] = {
    "iam": _role,
    "elbv2": _target_group,
    "elbv2-balancer": _load_balancer,
    "ssm": _parameter,
}


@pytest.mark.hardening
@pytest.mark.parametrize("kind", _TAGGED)
def test_a_tags_value_is_of_the_characters_of_its_service(aws: Aws, kind: str) -> None:
    with refused(CODES[kind.partition("-")[0]], f"Value 'a,b' {_VALUE}"):
        _TAGGED[kind](aws, Key="team", Value="a,b")
    with refused(CODES[kind.partition("-")[0]], _VALUE):
        _TAGGED[kind](aws, Key="team", Value="a\tb")
    _TAGGED[kind](aws, Key="team", Value="Grüße _.:/=+-@ 9")


@pytest.mark.hardening
@pytest.mark.parametrize("kind", ["elbv2", "elbv2-balancer", "ssm"])
def test_a_tags_key_takes_no_comma(aws: Aws, kind: str) -> None:
    with refused(CODES[kind.partition("-")[0]], "Value 'a,b' at 'tags.1.member.key'"):
        _TAGGED[kind](aws, Key="a,b", Value="x")
    _TAGGED[kind](aws, Key="a/b c", Value="x")


def test_to_iam_a_tags_key_takes_no_comma_and_is_the_same_in_upper_case(aws: Aws) -> None:
    """moto's own check; the program's settings rely on it."""
    with refused("ValidationError", "Value 'a,b' at 'tags.1.member.key'"):
        _role(aws, Key="a,b", Value="x")
    both = [{"Key": "team", "Value": "x"}, {"Key": "Team", "Value": "x"}]
    with refused("InvalidInput", "case insensitive"):
        aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Tags=both)


@pytest.mark.hardening
def test_every_broken_constraint_is_named(aws: Aws) -> None:
    with refused("ValidationError", "2 validation errors detected"):
        aws.iam.create_role(RoleName="a b", AssumeRolePolicyDocument=TRUST, Description="nodes → API")


@pytest.mark.hardening
def test_later_tags_are_looked_at_too(aws: Aws) -> None:
    _parameter(aws, Key="team", Value="x")
    with refused("ValidationException", _VALUE):
        aws.ssm.add_tags_to_resource(
            ResourceType="Parameter", ResourceId="/canal-aws/dev/join", Tags=[{"Key": "team", "Value": "(x)"}]
        )


@pytest.mark.parametrize("service", CODES)
def test_patterns_of_what_the_program_calls_are_understood(service: str) -> None:
    wanted = {
        "iam": ("CreateRole", "TagRole", "CreateInstanceProfile", "PutRolePolicy"),
        "elbv2": ("CreateLoadBalancer", "CreateTargetGroup", "CreateListener", "AddTags"),
        "ssm": ("PutParameter", "AddTagsToResource", "GetParameter"),
    }
    model = boto3.client(service, region_name="us-east-1").meta.service_model

    def patterns(shape: Any) -> set[str]:
        if shape.type_name == "structure":
            return {each for member in shape.members.values() for each in patterns(member)}
        if shape.type_name == "list":
            return patterns(shape.member)
        return {shape.metadata["pattern"]} if "pattern" in shape.metadata else set()

    for operation in wanted[service]:
        for pattern in patterns(model.operation_model(operation).input_shape):
            assert compiled(pattern) is not None, f"{operation}: {pattern}"
