"""Settings that are written down, and what a file says of the way to AWS."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto import mock_aws

from canal_aws.preflight.subject_of_run import subject_of_run
from canal_aws.preflight.written import UnreadableSettings, from_file

STACK_FILE = """
encryptionsalt: v1:x
config:
  aws:region: eu-west-1
  aws:profile: production
  aws:assumeRoles:
    - roleArn: arn:aws:iam::210987654321:role/deploy
  canal-aws:architecture: native-routes
"""


@pytest.fixture
def stack_file(tmp_path: Path) -> Path:
    file = tmp_path / "Pulumi.production.yaml"
    file.write_text(STACK_FILE)
    return file


def test_a_stacks_file_says_how_its_aws_is_reached(stack_file: Path) -> None:
    written = from_file(stack_file)
    assert written.settings == {"architecture": "native-routes"}
    assert written.region == "eu-west-1"
    assert written.provider["profile"] == "production"
    assert subject_of_run(stack_file, ["workersPerZone=3"], None).written.provider == written.provider


def test_the_account_is_the_one_that_the_stacks_provider_will_reach(
    stack_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.write_text("[production]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    several_accounts = mock_aws(config={"core": {"mock_credentials": False}})
    with several_accounts, subject_of_run(stack_file, [], "us-east-2").asking() as asking:
        assert asking.ask("sts", "get_caller_identity")["Account"] == "210987654321"


@pytest.mark.parametrize(
    "value", ["secretKey:\n    secure: v1:x", "assumeRoles:\n    - roleArn: x\n      externalId:\n        secure: v1:x"]
)
def test_an_encrypted_way_to_aws_is_never_left_out(tmp_path: Path, value: str) -> None:
    file = tmp_path / "Pulumi.production.yaml"
    file.write_text(f"config:\n  aws:region: eu-west-1\n  aws:{value}\n")
    about = subject_of_run(file, [], None)
    with pytest.raises(UnreadableSettings, match=rf"aws:{value.partition(':')[0]} is encrypted.*--stack"):
        _ = about.aws


@pytest.mark.parametrize("text", ["1: x\n", "config:\n  1: x\n", "config:\n  true: x\n", "config: {}\n1: x\n"])
def test_a_key_that_is_no_text_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text(text)
    with pytest.raises(UnreadableSettings, match=r"plan.yaml: (1|True): x: the key is no text"):
        from_file(file)
