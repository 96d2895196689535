"""The plugin's process: its first line, what the engine hears over gRPC, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

pytestmark = pytest.mark.component

ROOT = Path(__file__).parents[4]
COMMAND = [sys.executable, "-m", "canal_aws.sandbox.providers.aws", "127.0.0.1:1"]
ENDS_WITHIN = 3.0


def started(endpoint: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": "us-east-1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(COMMAND, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)


@pytest.fixture
def plugin(endpoint: str) -> Iterator[subprocess.Popen[bytes]]:
    process = started(endpoint)
    yield process
    process.kill()
    process.wait()


def stub(process: subprocess.Popen[bytes]) -> provider_pb2_grpc.ResourceProviderStub:
    assert process.stdout is not None
    port = int(process.stdout.readline())
    return provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{port}"))


def struct(**values: str) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def test_failures_reach_the_engine_as_one_line_and_nothing_is_printed(plugin: subprocess.Popen[bytes]) -> None:
    provider = stub(plugin)
    assert provider.GetPluginInfo(empty_pb2.Empty()).version == "7.51.1"
    configured = provider.Configure(provider_pb2.ConfigureRequest(args=struct(region="us-east-1")))
    assert configured.supportsPreview
    assert not configured.acceptSecrets
    urn = "urn:pulumi:dev::canal::aws:ec2/subnet:Subnet::it"
    with pytest.raises(grpc.RpcError) as caught:
        provider.Create(provider_pb2.CreateRequest(urn=urn, properties=struct(vpcId="vpc-0", cidrBlock="10.0.0.0/24")))
    details = caught.value.details()
    assert details.startswith("creating EC2 Subnet (it): CreateSubnet: InvalidVpcID.NotFound: ")
    plugin.kill()
    assert plugin.stderr is not None
    assert b"Traceback" not in plugin.stderr.read()


def test_cancel_ends_the_process(plugin: subprocess.Popen[bytes]) -> None:
    stub(plugin).Cancel(empty_pb2.Empty())
    assert plugin.wait(ENDS_WITHIN) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_end_the_process_at_once(plugin: subprocess.Popen[bytes], number: signal.Signals) -> None:
    stub(plugin).GetPluginInfo(empty_pb2.Empty())
    plugin.send_signal(number)
    assert plugin.wait(ENDS_WITHIN) == -number


def test_the_process_ends_when_its_parent_is_killed(endpoint: str) -> None:
    code = f"import subprocess, sys; p = subprocess.Popen({COMMAND!r}); print(p.pid, flush=True); p.wait()"
    environment = os.environ | {"AWS_ENDPOINT_URL": endpoint, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, env=environment)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert int(parent.stdout.readline()) > 0
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < deadline and running(child):
        time.sleep(0.05)
    assert not running(child)


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_without_an_engine_it_says_what_it_is() -> None:
    process = subprocess.run(COMMAND[:-1], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert process.returncode == 2
    assert "stand-in for pulumi-aws" in process.stderr
