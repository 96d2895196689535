"""boto3 in the program asks with the credentials of the stack's aws provider, not with whatever stands around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pulumi
import pytest
from moto import mock_aws

from infra.session import client

ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    credentials = tmp_path / "credentials"
    credentials.write_text("[network]\naws_access_key_id = FROM-PROFILE\naws_secret_access_key = x\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FROM-ENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with mock_aws(config={"core": {"mock_credentials": False}}):
        yield
    pulumi.runtime.set_all_config({})


def key_of(service: str = "ssm") -> str:
    found = client(service, "eu-central-1")
    assert found.meta.region_name == "eu-central-1"
    return str(found._request_signer._credentials.access_key)


def test_nothing_configured_means_botos_own_chain() -> None:
    pulumi.runtime.set_all_config({})
    assert key_of() == "FROM-ENVIRONMENT"


def test_a_profile_or_keys_of_the_provider_are_used() -> None:
    pulumi.runtime.set_all_config({"aws:profile": "network"})
    assert key_of() == "FROM-PROFILE"
    pulumi.runtime.set_all_config({"aws:accessKey": "FROM-CONFIG", "aws:secretKey": "x"})
    assert key_of() == "FROM-CONFIG"


def test_roles_are_assumed_one_after_the_other() -> None:
    arn = boto3.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=json.dumps(ROLE))["Role"]["Arn"]
    roles = [{"roleArn": arn, "externalId": "stack"}, {"roleArn": arn, "sessionName": "second"}]
    pulumi.runtime.set_all_config({"aws:assumeRoles": json.dumps(roles)})
    assert key_of().startswith("ASIA")
    caller = client("sts", "eu-central-1").get_caller_identity()["Arn"]
    assert caller.endswith("assumed-role/deploy/second")
