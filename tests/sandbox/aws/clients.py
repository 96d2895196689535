"""A small AWS for tests: boto3 clients of one server, and the few things that most tests begin with."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

REGION = "us-east-1"
UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id"
TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},\
"Action":"sts:AssumeRole"}]}'


@dataclass
class Aws:
    """One server under test; `hardened` tells our server from bare moto."""

    url: str
    hardened: bool
    region: str = REGION
    user_agent: str | None = None

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, user_agent_extra=self.user_agent),
        )

    @cached_property
    def ec2(self) -> Any:
        return self.client("ec2")

    @cached_property
    def elb(self) -> Any:
        return self.client("elbv2")

    @cached_property
    def iam(self) -> Any:
        return self.client("iam")

    @cached_property
    def ssm(self) -> Any:
        return self.client("ssm")

    @cached_property
    def quotas(self) -> Any:
        return self.client("service-quotas")

    @cached_property
    def image(self) -> str:
        """An x86_64 image: the seeded Ubuntu one; bare moto gets one registered."""
        if self.hardened:
            name = UBUNTU.format(arch="amd64")
            return str(self.ssm.get_parameter(Name=name)["Parameter"]["Value"])
        made = self.ec2.register_image(Name="any", Architecture="x86_64", RootDeviceName="/dev/sda1")
        return str(made["ImageId"])

    def vpc(self, cidr: str = "10.0.0.0/16") -> str:
        return str(self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"])

    def subnet(self, vpc: str, cidr: str = "10.0.1.0/24", zone: str = "a") -> str:
        made = self.ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=f"{self.region}{zone}")
        return str(made["Subnet"]["SubnetId"])

    def gateway(self, vpc: str) -> str:
        key = str(self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"])
        self.ec2.attach_internet_gateway(InternetGatewayId=key, VpcId=vpc)
        return key

    def group(self, vpc: str, name: str = "nodes") -> str:
        return str(self.ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"])

    def table(self, vpc: str) -> str:
        return str(self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"])

    def run(self, subnet: str, **more: Any) -> dict[str, Any]:
        """Launch one t3.medium; the instance as RunInstances answers it."""
        wanted = {"ImageId": self.image, "InstanceType": "t3.medium", **more}
        wanted = {key: value for key, value in wanted.items() if value is not None}
        answer = self.ec2.run_instances(MinCount=1, MaxCount=1, SubnetId=subnet, **wanted)
        instance: dict[str, Any] = answer["Instances"][0]
        return instance

    def instance(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ec2.describe_instances(InstanceIds=[key])["Reservations"][0]["Instances"][0]
        return found

    def running(self, subnet: str, **more: Any) -> dict[str, Any]:
        """Launch one and wait until it runs."""
        key = self.run(subnet, **more)["InstanceId"]
        eventually(lambda: self.instance(key)["State"]["Name"] == "running")
        return self.instance(key)

    def terminate(self, key: str) -> None:
        """Terminate an instance and wait for its end."""
        self.ec2.terminate_instances(InstanceIds=[key])
        eventually(lambda: self.instance(key)["State"]["Name"] == "terminated")

    def route(self, table: str, destination: str) -> dict[str, Any]:
        routes = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        found: dict[str, Any] = next(r for r in routes if r.get("DestinationCidrBlock") == destination)
        return found


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """What happens inside is refused with an AWS error of this code, whose message holds `text`."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text in error["Message"]


def eventually(check: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until `check` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.03)
