"""The embedded AWS and the fleet as real processes, and a stack's worth of instances."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import psutil

from tests.sandbox.kubernetes.user_data_samples import ENVIRONMENT

STACK = "organization/project/dev"
KUBECONFIG = ENVIRONMENT["KUBECONFIG_PARAMETER"]
JOIN = ENVIRONMENT["JOIN_PARAMETER"]


def eventually(condition: Callable[[], Any], what: str, seconds: float = 150) -> Any:
    """The condition's first true value; fails the test at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return value


class FleetWorld:
    """One folder, one embedded AWS, one fleet."""

    def __init__(self, folder: Path, bin_dir: Path, *options: str) -> None:
        self.folder = folder
        self.aws_process = self._python("aws", "--port", "0", "--state", str(folder / "aws"))
        port = eventually(lambda: _json(folder / "aws" / "aws.json").get("port"), "embedded AWS")
        self.endpoint = f"http://127.0.0.1:{port}"
        self.ec2 = self._client("ec2")
        self.ssm = self._client("ssm")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")
        self._subnet = subnet["Subnet"]["SubnetId"]
        images = self.ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
        self._image = images[0]["ImageId"]
        state, bins = str(folder / "fleet"), str(bin_dir)
        self.fleet = self._python(
            "kubernetes", "--aws-endpoint", self.endpoint, "--state", state, "--bin", bins, *options
        )

    def make_parameters(self) -> None:
        for name in (KUBECONFIG, JOIN):
            self.ssm.put_parameter(Name=name, Value="placeholder", Type="SecureString")

    def parameter(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def run(self, node: str, role: str, user_data: bytes, **tags: str) -> str:
        """Start an instance; `tags` are the program's without their prefix (pod_cidr, init). Returns its id."""
        all_tags = {"stack": STACK, "role": role, "node": node, **tags}
        answer = self.ec2.run_instances(
            ImageId=self._image,
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.large",
            SubnetId=self._subnet,
            UserData=user_data.decode(),
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [
                        {"Key": f"canal-aws:{key.replace('_', '-')}", "Value": value} for key, value in all_tags.items()
                    ],
                }
            ],
        )
        return str(answer["Instances"][0]["InstanceId"])

    def cluster(self) -> dict[str, Any]:
        """The stack's entry in fleet.json; empty where there is none."""
        clusters = _json(self.folder / "fleet" / "fleet.json").get("clusters", [])
        found: dict[str, Any] = next((c for c in clusters if c["stack"] == STACK), {})
        return found

    def log(self) -> str:
        return (self.folder / "fleet" / "fleet.log").read_text()

    def client_files(self) -> tuple[str, Path, Path, Path]:
        """Server URL, CA, certificate and key out of the published kubeconfig."""
        import yaml

        config = yaml.safe_load(self.parameter(KUBECONFIG))
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        paths = []
        for name, data in (
            ("ca", cluster["certificate-authority-data"]),
            ("crt", user["client-certificate-data"]),
            ("key", user["client-key-data"]),
        ):
            path = self.folder / f"published.{name}"
            path.write_bytes(base64.b64decode(data))
            paths.append(path)
        return cluster["server"], paths[0], paths[1], paths[2]

    def end(self) -> None:
        for process in (self.fleet, self.aws_process):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @staticmethod
    def _python(part: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"canal_aws.sandbox.{part}", *arguments]
        root = str(Path(__file__).parents[3])
        return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.DEVNULL)


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found
