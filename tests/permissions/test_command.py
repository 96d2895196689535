"""`canal-aws iam-policy` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from canal_aws.commands.iam_policy import app
from canal_aws.commands.output_files import NotWritten
from canal_aws.permissions import Purpose


def test_it_prints_documents_by_name(tmp_path: Path) -> None:
    config = tmp_path / "Pulumi.dev.yaml"
    config.write_text("config:\n  aws:region: eu-north-1\n  canal-aws:architecture: native-routes\n")
    done = CliRunner().invoke(app, ["deployer", "--config", str(config), "--account", "123456789012"])
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert list(made) == ["canal-aws-deployer-1", "canal-aws-deployer-2"]
    assert "2 documents, all of them needed" in done.stderr
    assert "arn:aws:ssm:eu-north-1:123456789012:parameter/canal-aws/dev/*" in done.stdout


def test_it_writes_files_and_says_what_is_left_open(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["preflight", "--region", "us-east-1", "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["Version"] == "2012-10-17"
    assert str(file) in done.stdout
    assert "--account, --stack" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["operator"], "operator is no purpose"),
        (["deployer", "--account", "42"], "--account 42"),
        (["deployer", "--partition", "aws-moon"], "aws-moon"),
        (["deployer", "--stack", "a/b"], "--stack a/b"),
    ],
)
def test_what_cannot_be_used_is_named(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_folder_that_cannot_be_made_is_said() -> None:
    folder = "/dev/null/policies"
    done = CliRunner().invoke(app, ["preflight", "--output", folder])
    assert isinstance(done.exception, NotWritten)
    assert f"--output {folder}: Not a directory" in str(done.exception)


def test_a_private_api_needs_no_word_on_who_reaches_it() -> None:
    assert CliRunner().invoke(app, ["destroy", "--set", "apiAccess=private"]).exit_code == 0


@pytest.mark.parametrize("purpose", Purpose)
def test_every_purpose_can_be_named(purpose: Purpose) -> None:
    done = CliRunner().invoke(app, [purpose.value, "--set", "apiAccess=private"])
    assert done.exit_code == 0, done.output
    assert f"canal-aws-{purpose.value}" in done.stdout
