"""A stack's VPC in the embedded AWS, and what others have put into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import STACK_TAG

STACK = "organization/canal-aws/dev"
CLUSTER = {"Key": "kubernetes.io/cluster/dev", "Value": "owned"}
OWN = {"Key": STACK_TAG, "Value": STACK}
SERVICE = {"Key": "kubernetes.io/service-name", "Value": "shop/web"}
CLAIM = [
    {"Key": "kubernetes.io/created-for/pvc/name", "Value": "data"},
    {"Key": "kubernetes.io/created-for/pvc/namespace", "Value": "shop"},
    {"Key": "CSIVolumeName", "Value": "pvc-1"},
]


@dataclass
class Account:
    """The stack's own VPC, subnet, group, load balancer, target group, NAT gateway and interface."""

    aws: Aws
    url: str
    facts: StackFacts
    vpc: str
    subnet: str
    group: str
    own: set[str]

    @property
    def ec2(self) -> Any:
        return self.aws.ec2

    def foreign_group(self, name: str = "k8s-elb-a1", description: str = "of nobody") -> str:
        made = self.ec2.create_security_group(GroupName=name, Description=description, VpcId=self.vpc)
        return str(made["GroupId"])

    def foreign_balancer(self, *groups: str, name: str = "a1") -> str:
        made = self.aws.elb.create_load_balancer(
            Name=name, Type="network", Scheme="internal", Subnets=[self.subnet], SecurityGroups=groups,
            Tags=[CLUSTER, SERVICE],
        )  # fmt: skip
        return str(made["LoadBalancers"][0]["LoadBalancerArn"])

    def foreign_classic_balancer(self, group: str) -> str:
        listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 30080}
        self.aws.client("elb").create_load_balancer(
            LoadBalancerName="a2", Listeners=[listener], Subnets=[self.subnet], SecurityGroups=[group],
            Scheme="internal", Tags=[CLUSTER, SERVICE],
        )  # fmt: skip
        return "a2"

    def foreign_target_group(self) -> str:
        made = self.aws.elb.create_target_group(
            Name="k8s-web", Protocol="TCP", Port=80, VpcId=self.vpc, Tags=[CLUSTER, SERVICE]
        )
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def foreign_interface(self, description: str = "") -> str:
        made = self.ec2.create_network_interface(SubnetId=self.subnet, Description=description)
        return str(made["NetworkInterface"]["NetworkInterfaceId"])

    def default_group(self) -> str:
        wanted = [{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "group-name", "Values": ["default"]}]
        (found,) = self.ec2.describe_security_groups(Filters=wanted)["SecurityGroups"]
        return str(found["GroupId"])

    def foreign_acl(self) -> str:
        return str(self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"])

    def foreign_egress_only_gateway(self, vpc: str = "") -> str:
        made = self.ec2.create_egress_only_internet_gateway(VpcId=vpc or self.vpc)
        return str(made["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"])

    def foreign_volume(self, *tags: dict[str, str]) -> str:
        """As the program has the EBS CSI driver make it, stack's tag included; or with other tags."""
        specified = [{"ResourceType": "volume", "Tags": list(tags or (OWN, CLUSTER, *CLAIM))}]
        made = self.ec2.create_volume(AvailabilityZone="us-east-1a", Size=8, TagSpecifications=specified)
        return str(made["VolumeId"])


@pytest.fixture
def account(fresh_aws: EmbeddedAws) -> Account:
    keys = {"region": "us-east-1", "accessKey": "sandbox", "secretKey": "sandbox"}
    aws = Aws(keys, endpoint=fresh_aws.url)
    ec2, elb = aws.ec2, aws.elb

    def own(kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": [OWN]}]

    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=own("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.0.0.0/20", AvailabilityZone="us-east-1a", TagSpecifications=own("subnet")
    )["Subnet"]["SubnetId"]
    group = ec2.create_security_group(
        GroupName="nodes", Description="nodes", VpcId=vpc, TagSpecifications=own("security-group")
    )["GroupId"]
    balancer = elb.create_load_balancer(
        Name="api", Type="network", Scheme="internal", Subnets=[subnet], SecurityGroups=[group], Tags=[OWN]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    targets = elb.create_target_group(Name="api", Protocol="TCP", Port=6443, VpcId=vpc, Tags=[OWN])
    target_group = targets["TargetGroups"][0]["TargetGroupArn"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", TagSpecifications=own("natgateway"))
    ids = {vpc, subnet, group, balancer, target_group, nat["NatGateway"]["NatGatewayId"]}
    return Account(aws, fresh_aws.url, StackFacts(STACK, frozenset(ids), frozenset({vpc})), vpc, subnet, group, ids)
