"""The command line: what it refuses, how it says so, and what a script can rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import architectures
from canal_aws import cli
from canal_aws.errors import CanalError

_HEAVY = ("pulumi", "boto3", "moto", "grpc", "psutil", "canal_aws.sandbox")


class _Ran:
    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Run the command line in this process, with a state folder of its own."""
    monkeypatch.setenv("CANAL_AWS_SANDBOX", str(tmp_path / "sandbox"))
    monkeypatch.setenv("COLUMNS", "200")

    def call(*words: str) -> _Ran:
        monkeypatch.setattr(sys, "argv", ["canal-aws", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capsys.readouterr()
        code = ended.value.code
        return _Ran(code if isinstance(code, int) else 0, captured.out, captured.err)

    return call


def test_help_lists_every_command_and_imports_none_of_them() -> None:
    script = (
        "import sys; from canal_aws import cli\n"
        "try: cli.app(['--help'])\n"
        "except SystemExit: pass\n"
        f"print([m for m in sys.modules if m.startswith({('canal_aws.commands', *_HEAVY)!r})], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
    for name in cli.COMMANDS:
        assert name in ran.stdout
    assert "Exit status" in ran.stdout


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_each_command_says_its_exit_statuses(run, name: str) -> None:
    shown = run(name, "--help")
    assert shown.status == 0
    assert "Exit status" in shown.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["demoo"], "demo"),
        (["demo", "calico"], "calico-ipip"),
        (["demo", "--workers-per-zone", "-1"], "--workers-per-zone"),
        (["demo", "--workers-per-zone", "two"], "two"),
        (["demo", "--route-quota", "0"], "--route-quota"),
        (["demo", "--json", "/no/such/folder/x.json"], "/no/such/folder"),
        (["manifests", "vxlan"], "flannel-vxlan"),
        (["manifests", "calico-ipip", "--pod-cidr", "10.0.0.0/99"], "10.0.0.0/99"),
        (["manifests", "calico-ipip", "--pod-cidr", "10.96.0.0/13"], "overlaps"),
        (["sandbox", "begin"], "begin"),
        (["sandbox", "start", "--aws-port", "70000"], "70000"),
    ],
)
def test_bad_input_is_refused_with_its_value_and_no_traceback(run, words: list[str], said: str) -> None:
    refused = run(*words)
    assert refused.status == 2
    assert said in refused.err
    assert "Traceback" not in refused.err + refused.out
    assert refused.out == ""


def test_a_failure_is_its_message_alone_and_its_own_exit_status(run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(CanalError):
        exit_status = 7

    def refuse() -> None:
        raise Full("the disk is full: make room")

    monkeypatch.setattr("canal_aws.report.comparison.as_json", refuse)
    refused = run("architectures", "--json")
    assert (refused.status, refused.err) == (7, "canal-aws: the disk is full: make room\n")


def test_architectures_as_json(run) -> None:
    shown = run("architectures", "--json")
    assert [row["name"] for row in json.loads(shown.out)["architectures"]] == list(architectures.names())


def test_architectures_piped_are_plain_lines(run) -> None:
    lines = run("architectures").out.splitlines()
    assert f"calico-ipip: pod MTU: {architectures.CALICO_IPIP.pod_mtu()}" in lines
    assert not any("│" in line or "\x1b" in line for line in lines)


@pytest.mark.parametrize("architecture", architectures.names())
def test_manifests_are_yaml_documents_with_a_daemon_set(run, architecture: str) -> None:
    documents = list(yaml.safe_load_all(run("manifests", architecture).out))
    assert "DaemonSet" in {document["kind"] for document in documents}


def test_a_sandbox_that_does_not_run(run, tmp_path: Path) -> None:
    status = run("sandbox", "status")
    assert status.status == 3
    assert "sandbox start" in status.out
    assert json.loads(run("sandbox", "status", "--json").out)["running"] is False
    assert run("sandbox", "stop").status == 0
    assert run("sandbox", "reset").out == "There was no sandbox.\n"
    assert not (tmp_path / "sandbox").exists()


def test_env_without_a_sandbox_stops_a_script_that_evaluates_it(run) -> None:
    refused = run("sandbox", "env")
    assert refused.status == 3
    assert "sandbox start" in refused.err
    script = 'eval "$LINES" && echo reached the real account'
    shell = subprocess.run(["sh", "-c", script], env={"LINES": refused.out}, capture_output=True, text=True)
    assert shell.returncode != 0
    assert shell.stdout == ""
