"""The embedded AWS in this process, and a stack's worth of things in it that nobody made by `pulumi up`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG, Deployment
from canal_aws.stack.subject import Subject
from tests.doctor.healthy import STACK

_CREDENTIALS = {"region": "us-east-1", "accessKey": "sandbox", "secretKey": "sandbox"}


class Made:
    """A VPC with a nodes' subnet, its table, the workers' group, one worker and a parameter, tagged as the program does."""

    def __init__(self, endpoint: str) -> None:
        self.aws = Aws(_CREDENTIALS, endpoint)
        ec2 = self.aws.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", **tagged("vpc", "vpc"))["Vpc"]["VpcId"]
        self.subnet = self._subnet("nodes-a", "10.0.0.0/20")
        self.group = ec2.create_security_group(
            GroupName="worker", Description="Worker nodes", VpcId=self.vpc, **tagged("security-group", "worker")
        )["GroupId"]
        table = ec2.create_route_table(VpcId=self.vpc, **tagged("route-table", "nodes"))["RouteTable"]
        self.table = table["RouteTableId"]
        ec2.associate_route_table(RouteTableId=self.table, SubnetId=self.subnet)
        image = ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"][0]
        (instance,) = ec2.run_instances(
            ImageId=image["ImageId"],
            InstanceType="m7i.large",
            MinCount=1,
            MaxCount=1,
            SubnetId=self.subnet,
            PrivateIpAddress="10.0.0.16",
            SecurityGroupIds=[self.group],
            **tagged("instance", "worker-a-0"),
        )["Instances"]
        self.instance = instance["InstanceId"]
        self.interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
        ec2.create_route(
            RouteTableId=self.table, DestinationCidrBlock="10.128.5.0/24", NetworkInterfaceId=self.interface
        )
        self.parameter = "/canal-aws/dev/join"
        self.aws.ssm.put_parameter(Name=self.parameter, Type="SecureString", Value="placeholder", Overwrite=True)

    def subject(self, *more: dict[str, Any]) -> Subject:
        """The stack as its configuration and state would tell of it, with more of `resource` in its state."""
        resources = [
            self.resource("aws:ec2/vpc:Vpc", "vpc", self.vpc),
            self.resource("aws:ssm/parameter:Parameter", "join", self.parameter),
            self.resource("aws:ec2/subnet:Subnet", "nodes-a", self.subnet, availabilityZone="us-east-1a"),
            *more,
        ]
        configuration = {
            "aws:region": "us-east-1",
            "canal-aws:architecture": "native-routes",
            "canal-aws:availabilityZones": 1,
            "canal-aws:workersPerZone": 1,
            "canal-aws:apiAllowedCidrs": ["203.0.113.0/24"],
        }
        return Subject(STACK, configuration, Deployment(json.dumps({"deployment": {"resources": resources}})))

    def _subnet(self, name: str, cidr: str) -> str:
        made = self.aws.ec2.create_subnet(
            VpcId=self.vpc, CidrBlock=cidr, AvailabilityZone="us-east-1a", **tagged("subnet", name)
        )
        return str(made["Subnet"]["SubnetId"])

    @staticmethod
    def resource(kind: str, name: str, resource_id: str, **outputs: Any) -> dict[str, Any]:
        """One of the state."""
        return {
            "urn": f"urn:pulumi:dev::canal-aws::{kind}::{name}",
            "type": kind,
            "id": resource_id,
            "outputs": outputs,
        }


def tagged(kind: str, name: str) -> dict[str, Any]:
    """The argument with which EC2 makes something as the program would tag it."""
    tags = [{"Key": STACK_TAG, "Value": STACK}, {"Key": NAME_TAG, "Value": name}]
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}


@pytest.fixture(scope="module")
def made(embedded_aws: EmbeddedAws) -> Made:
    """Made once for a file: no test changes it for another."""
    embedded_aws.world.reset()
    return Made(embedded_aws.url)
