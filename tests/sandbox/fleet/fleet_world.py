"""The embedded AWS and the fleet as real processes, and a stack's worth of AWS by boto3, as the program makes it."""

from __future__ import annotations

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
import yaml

from canal_aws.bootstrap import account_actions, parameter_actions, user_data
from canal_aws.sandbox.fleet.admin import Admin
from tests.bootstrap import specs

STACK = "organization/project/dev"
PARAMETERS = {
    f"{name.replace('-', '_')}_parameter": f"/canal-aws/{STACK}/{name}"
    for name in ("kubeconfig", "join", "control-plane-join", "encryption-key")
}
KUBECONFIG = PARAMETERS["kubeconfig_parameter"]
_EC2_MAY_ASSUME = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


def eventually(condition: Callable[[], Any], what: str, seconds: float = 150) -> Any:
    """The condition's first true value; fails the test at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.1)
    return value


class FleetWorld:
    """One folder, one embedded AWS, one fleet, and one stack with its load balancers, roles and parameters."""

    def __init__(self, folder: Path, bin_dir: Path, *, public: bool = True) -> None:
        self.folder = folder
        self.aws_process = self._python("aws", "--port", "0", "--state", str(folder / "aws"))
        port = eventually(lambda: read_json(folder / "aws" / "aws.json").get("port"), "embedded AWS")
        self.endpoint = f"http://127.0.0.1:{port}"
        self.ec2, self.ssm, self.elb, self.iam = (self._client(name) for name in ("ec2", "ssm", "elbv2", "iam"))
        self._network()
        self.internal, self._internal_group = self._balancer("api-internal", "internal")
        self.public, self._public_group = self._balancer("api-public", "internet-facing") if public else ("", "")
        for name in PARAMETERS.values():
            self.ssm.put_parameter(Name=name, Value="placeholder", Type="SecureString")
        for role in ("control-plane", "worker"):
            self._role(role)
        self.fleet = self._python(
            "fleet", "--aws-endpoint", self.endpoint, "--state", str(folder / "fleet"), "--bin", str(bin_dir)
        )

    def run(self, node: str, role: str, init: bool = False, content: bytes | None = None, **spec: Any) -> str:
        """Start an instance and put it behind the load balancers; `spec` changes its user data. Returns its id."""
        tags = {"stack": STACK, "role": role, "node": node, **({"init": "true"} if init else {})}
        answer = self.ec2.run_instances(
            ImageId=self._image,
            MinCount=1,
            MaxCount=1,
            InstanceType="t3.large",
            SubnetId=self._subnet,
            UserData=self._user_data(role, **spec) if content is None else content,
            IamInstanceProfile={"Name": role},
            MetadataOptions={"InstanceMetadataTags": "enabled", "HttpTokens": "required"},
            TagSpecifications=[
                {
                    "ResourceType": "instance",
                    "Tags": [{"Key": f"canal-aws:{key}", "Value": value} for key, value in tags.items()],
                }
            ],
        )
        key = str(answer["Instances"][0]["InstanceId"])
        if role == "control-plane":
            eventually(lambda: self.state_of(key) == "running", "instance running", 10)
            for group in filter(None, (self._internal_group, self._public_group)):
                self.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": key}])
        return key

    def state_of(self, instance: str) -> str:
        """EC2's name of an instance's state."""
        found = self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
        return str(found["State"]["Name"])

    def parameter(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def founded(self) -> str:
        """The published kubeconfig, once it is there."""
        return str(
            eventually(lambda: (text := self.parameter(KUBECONFIG)) != "placeholder" and text, self.told("kubeconfig"))
        )

    def admin(self, proxy: str = "") -> Admin:
        """The administrator's view by the published kubeconfig."""
        return Admin(self.founded(), self.folder / "admin", proxy)

    def state(self) -> dict[str, Any]:
        """fleet.json."""
        return read_json(self.folder / "fleet" / "fleet.json")

    def cluster(self) -> dict[str, Any]:
        """The stack's entry in fleet.json; empty where there is none."""
        found: dict[str, Any] = next((c for c in self.state().get("clusters", []) if c["stack"] == STACK), {})
        return found

    def told(self, what: str) -> str:
        """For a failed wait: where to look."""
        return f"{what} ({self.folder / 'fleet' / 'fleet.log'})"

    def end(self) -> None:
        for process in (self.fleet, self.aws_process):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)

    def _network(self) -> None:
        self._vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self._vpc)
        subnet = self.ec2.create_subnet(VpcId=self._vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")
        self._subnet = subnet["Subnet"]["SubnetId"]
        images = self.ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
        self._image = images[0]["ImageId"]

    def _balancer(self, name: str, scheme: str) -> tuple[str, str]:
        """DNS name, and ARN of the target group."""
        made = self.elb.create_load_balancer(Name=name, Type="network", Scheme=scheme, Subnets=[self._subnet])
        group = self.elb.create_target_group(
            Name=name, Protocol="TCP", Port=6443, VpcId=self._vpc, TargetType="instance"
        )["TargetGroups"][0]["TargetGroupArn"]
        balancer = made["LoadBalancers"][0]
        forward = [{"Type": "forward", "TargetGroupArn": group}]
        self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="TCP", Port=6443, DefaultActions=forward
        )
        return str(balancer["DNSName"]), str(group)

    def _role(self, role: Any) -> None:
        actions = parameter_actions(role, **PARAMETERS)
        statements = [
            {
                "Effect": "Allow",
                "Action": list(allowed),
                "Resource": f"arn:aws:ssm:us-east-1:424242424242:parameter{name}",
            }
            for name, allowed in actions.items()
        ]
        if account_actions(role):
            statements.append({"Effect": "Allow", "Action": list(account_actions(role)), "Resource": "*"})
        self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=_EC2_MAY_ASSUME)
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.iam.put_role_policy(RoleName=role, PolicyName="inline", PolicyDocument=policy)
        self.iam.create_instance_profile(InstanceProfileName=role)
        self.iam.add_role_to_instance_profile(InstanceProfileName=role, RoleName=role)

    def _user_data(self, role: Any, **spec: Any) -> bytes:
        own = {"cluster_name": "dev", "stack_tag": STACK, "snapshot_bucket": "", **PARAMETERS}
        endpoints = {"api_endpoint": self.internal, "public_api_endpoint": self.public}
        return user_data(specs.spec(role, **{**own, **endpoints, **spec}))

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


def server_of(kubeconfig: str) -> str:
    """The API's URL in a kubeconfig."""
    return str(yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]["server"])


def running(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def read_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found
