"""What the aws provider's configuration and the environment make of boto3's clients."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.stack.aws_clients import Aws, region_of, roles_of
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import StackError
from canal_aws.stack.subject import Subject

FIRST, SECOND = {"roleArn": "arn:aws:iam::1:role/a"}, {"roleArn": "arn:aws:iam::2:role/b", "externalId": "x"}


@pytest.mark.parametrize(
    ("configured", "environment", "region"),
    [
        ("eu-west-1", {"AWS_REGION": "us-east-1"}, "eu-west-1"),
        ("", {"AWS_REGION": "us-east-1"}, "us-east-1"),
        ("", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "ap-south-1"}, "us-east-1"),
        ("", {"AWS_REGION": "", "AWS_DEFAULT_REGION": "ap-south-1"}, "ap-south-1"),
    ],
)
def test_the_region_is_the_providers(
    monkeypatch: pytest.MonkeyPatch, configured: str, environment: dict[str, str], region: str
) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    configuration = {"aws:region": configured} if configured else {}
    subject = Subject("organization/canal-aws/dev", configuration, Deployment('{"deployment": {}}'))
    assert subject.aws.ec2.meta.region_name == region_of(subject.provider) == region


@pytest.mark.parametrize(
    ("configuration", "roles"),
    [
        ({}, []),
        ({"assumeRoles": [FIRST, SECOND]}, [FIRST, SECOND]),
        ({"assumeRoles": json.dumps([FIRST, SECOND])}, [FIRST, SECOND]),
        ({"assumeRole": FIRST}, [FIRST]),
        ({"assumeRole": json.dumps(FIRST)}, [FIRST]),
        ({"assumeRoles": "[]", "assumeRole": ""}, []),
    ],
)
def test_roles_are_read_as_maps_or_as_the_text_that_pulumi_keeps(configuration: Any, roles: list[Any]) -> None:
    assert roles_of(configuration) == roles


@pytest.mark.parametrize(
    "configuration",
    [{"assumeRoles": "deploy"}, {"assumeRoles": [{"arn": "x"}]}, {"assumeRole": "deploy"}, {"assumeRole": {"x": 1}}],
)
def test_a_role_without_an_arn_is_refused_before_any_call(configuration: Any) -> None:
    (key,) = configuration
    with pytest.raises(StackError, match=rf"aws:{key}: .*roleArn"):
        Aws(configuration)
