"""`python -m canal_aws.sandbox.aws`: one line when ready, a file that describes it, a plain end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests

from canal_aws.sandbox.aws import ACCOUNT_ID
from canal_aws.sandbox.aws.server import EmbeddedAws

from .clients import Aws

pytestmark = pytest.mark.component


def _command(port: int, state: Path) -> list[str]:
    return [sys.executable, "-m", "canal_aws.sandbox.aws", "--port", str(port), "--state", str(state)]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    running = subprocess.Popen(_command(0, tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate()


def test_it_serves_says_so_and_ends_at_once(process: subprocess.Popen[str], tmp_path: Path) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    described = json.loads((tmp_path / "aws.json").read_text())
    url = f"http://127.0.0.1:{described['port']}"
    assert line == f"embedded AWS (a stand-in, not AWS) ready on {url}\n"
    assert described["pid"] == process.pid
    assert requests.get(f"{url}/_canal/ready", timeout=10).json()["account"] == ACCOUNT_ID
    sts = boto3.client(
        "sts", endpoint_url=url, region_name="eu-north-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    assert sts.get_caller_identity()["Account"] == ACCOUNT_ID
    process.send_signal(signal.SIGTERM)
    rest, errors = process.communicate(timeout=5)
    assert (process.returncode, rest, errors) == (0, "", "")
    assert not (tmp_path / "aws.json").exists()
    assert "eu-north-1 sts:GetCallerIdentity 200" in (tmp_path / "aws.log").read_text()


def test_it_listens_on_the_loopback_address_only(process: subprocess.Popen[str], tmp_path: Path) -> None:
    assert process.stdout is not None
    process.stdout.readline()
    port = json.loads((tmp_path / "aws.json").read_text())["port"]
    with socket.socket() as elsewhere:
        # Another loopback address of this machine: taken if it listened on all of them.
        elsewhere.bind(("127.0.0.2", port))


def test_a_port_already_taken_is_said_plainly(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = subprocess.run(_command(port, tmp_path), capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 3
    assert f"port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "aws.json").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere: no folder to be refused")
def test_a_folder_that_cannot_be_written_is_said_plainly(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ended = subprocess.run(_command(0, tmp_path / "state"), capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)


def test_a_file_in_the_folders_place_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    ended = subprocess.run(_command(0, tmp_path / "state"), capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (2, False)


def test_a_second_one_in_a_process_is_refused_since_both_would_stand_around_one_moto(aws: Aws) -> None:
    with pytest.raises(RuntimeError, match="has an embedded AWS already"):
        EmbeddedAws()
    assert aws.client("sts").get_caller_identity()["Account"] == ACCOUNT_ID
