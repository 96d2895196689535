"""Resources of the program's kind, each made with what it needs around it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from functools import cached_property
from typing import Any

from tests.sandbox.providers.aws.engine import Engine, Made

EC2_MAY_ASSUME = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MAY_DESCRIBE = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["ec2:DescribeInstances"], "Resource": "*"}]}
)
TAGS = {"canal-aws:name": "it", "canal-aws:stack": "organization/canal/dev"}


class World:
    """One VPC and what the types under test need in it, made when first asked for. `prefix` keeps the names
    of two worlds apart."""

    def __init__(self, engine: Engine, prefix: str) -> None:
        self.engine = engine
        self.prefix = prefix

    def make(self, token: str, name: str, /, **inputs: Any) -> Made:
        return self.engine.create(token, f"{self.prefix}-{name}", inputs)

    @cached_property
    def vpc(self) -> Made:
        return self.make("aws:ec2/vpc:Vpc", "vpc", cidrBlock="10.0.0.0/16", enableDnsHostnames=True, tags=TAGS)

    @cached_property
    def subnet(self) -> Made:
        return self.subnet_at("10.0.1.0/24", "us-east-1a")

    @cached_property
    def other_subnet(self) -> Made:
        return self.subnet_at("10.0.2.0/24", "us-east-1b")

    def subnet_at(self, cidr: str, zone: str) -> Made:
        return self.make(
            "aws:ec2/subnet:Subnet",
            f"subnet-{zone}",
            vpcId=self.vpc.id,
            cidrBlock=cidr,
            availabilityZone=zone,
            mapPublicIpOnLaunch=True,
            tags=TAGS,
        )

    @cached_property
    def internet_gateway(self) -> Made:
        return self.make("aws:ec2/internetGateway:InternetGateway", "igw", vpcId=self.vpc.id, tags=TAGS)

    @cached_property
    def eip(self) -> Made:
        return self.make("aws:ec2/eip:Eip", "eip", domain="vpc", tags=TAGS)

    @cached_property
    def nat_gateway(self) -> Made:
        assert self.internet_gateway
        return self.make(
            "aws:ec2/natGateway:NatGateway",
            "nat",
            allocationId=self.eip.id,
            subnetId=self.subnet.id,
            connectivityType="public",
            tags=TAGS,
        )

    @cached_property
    def route_table(self) -> Made:
        return self.make("aws:ec2/routeTable:RouteTable", "table", vpcId=self.vpc.id, tags=TAGS)

    @cached_property
    def route(self) -> Made:
        return self.make(
            "aws:ec2/route:Route",
            "default",
            routeTableId=self.route_table.id,
            destinationCidrBlock="0.0.0.0/0",
            gatewayId=self.internet_gateway.id,
        )

    @cached_property
    def association(self) -> Made:
        return self.make(
            "aws:ec2/routeTableAssociation:RouteTableAssociation",
            "association",
            subnetId=self.subnet.id,
            routeTableId=self.route_table.id,
        )

    @cached_property
    def security_group(self) -> Made:
        return self.make(
            "aws:ec2/securityGroup:SecurityGroup",
            "nodes",
            name=f"{self.prefix}-nodes",
            description="Nodes",
            vpcId=self.vpc.id,
            tags=TAGS,
        )

    @cached_property
    def ingress_rule(self) -> Made:
        return self.make(
            "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
            "vxlan",
            securityGroupId=self.security_group.id,
            ipProtocol="udp",
            fromPort=8472,
            toPort=8472,
            referencedSecurityGroupId=self.security_group.id,
            description="VXLAN",
            tags=TAGS,
        )

    @cached_property
    def egress_rule(self) -> Made:
        return self.make(
            "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
            "out",
            securityGroupId=self.security_group.id,
            ipProtocol="-1",
            cidrIpv4="0.0.0.0/0",
            tags=TAGS,
        )

    @cached_property
    def role(self) -> Made:
        return self.make(
            "aws:iam/role:Role",
            "role",
            name=f"{self.prefix}-role",
            assumeRolePolicy=EC2_MAY_ASSUME,
            description="Nodes",
            tags=TAGS,
        )

    @cached_property
    def role_policy(self) -> Made:
        return self.make(
            "aws:iam/rolePolicy:RolePolicy", "policy", name="describe", role=self.role.id, policy=MAY_DESCRIBE
        )

    @cached_property
    def role_policy_attachment(self) -> Made:
        return self.make(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "attachment",
            role=self.role.id,
            policyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
        )

    @cached_property
    def instance_profile(self) -> Made:
        return self.make(
            "aws:iam/instanceProfile:InstanceProfile",
            "profile",
            name=f"{self.prefix}-profile",
            role=self.role.id,
            tags=TAGS,
        )

    @cached_property
    def load_balancer(self) -> Made:
        assert self.internet_gateway
        return self.make(
            "aws:lb/loadBalancer:LoadBalancer",
            "api",
            name=f"{self.prefix}-api",
            internal=True,
            loadBalancerType="network",
            subnets=[self.subnet.id, self.other_subnet.id],
            securityGroups=[self.security_group.id],
            enableCrossZoneLoadBalancing=True,
            tags=TAGS,
        )

    @cached_property
    def target_group(self) -> Made:
        return self.make(
            "aws:lb/targetGroup:TargetGroup",
            "api",
            name=f"{self.prefix}-api",
            port=6443,
            protocol="TCP",
            targetType="instance",
            vpcId=self.vpc.id,
            preserveClientIp="false",
            deregistrationDelay=30,
            healthCheck={
                "protocol": "HTTPS",
                "port": "6443",
                "path": "/readyz",
                "interval": 10,
                "healthyThreshold": 2,
                "unhealthyThreshold": 2,
            },
            tags=TAGS,
        )

    @cached_property
    def listener(self) -> Made:
        return self.make(
            "aws:lb/listener:Listener",
            "api",
            loadBalancerArn=self.load_balancer.id,
            port=6443,
            protocol="TCP",
            defaultActions=[{"type": "forward", "targetGroupArn": self.target_group.id}],
            tags=TAGS,
        )

    @cached_property
    def target_group_attachment(self) -> Made:
        return self.make(
            "aws:lb/targetGroupAttachment:TargetGroupAttachment",
            "api",
            targetGroupArn=self.target_group.id,
            targetId=self.instance.id,
            port=6443,
        )

    @cached_property
    def image(self) -> str:
        found = self.engine.invoke(
            "aws:ec2/getAmi:getAmi",
            owners=["099720109477"],
            mostRecent=True,
            filters=[{"name": "architecture", "values": ["x86_64"]}],
        )
        return str(found["id"])

    @cached_property
    def launch_template(self) -> Made:
        return self.make(
            "aws:ec2/launchTemplate:LaunchTemplate",
            "workers",
            name=f"{self.prefix}-workers",
            imageId=self.image,
            instanceType="t3.medium",
            instanceMarketOptions={
                "marketType": "spot",
                "spotOptions": {"spotInstanceType": "one-time", "instanceInterruptionBehavior": "terminate"},
            },
            userData=base64.b64encode(b"#cloud-config\n").decode(),
            updateDefaultVersion=True,
            iamInstanceProfile={"arn": self.instance_profile.state["arn"]},
            metadataOptions={
                "httpEndpoint": "enabled",
                "httpTokens": "required",
                "httpPutResponseHopLimit": 1,
                "instanceMetadataTags": "enabled",
            },
            blockDeviceMappings=[
                {
                    "deviceName": "/dev/sda1",
                    "ebs": {
                        "encrypted": "true",
                        "volumeType": "gp3",
                        "volumeSize": 20,
                        "deleteOnTermination": "true",
                    },
                }
            ],
            tagSpecifications=[{"resourceType": "volume", "tags": TAGS}],
            tags=TAGS,
        )

    def instance_inputs(self, address: str) -> dict[str, Any]:
        return {
            "launchTemplate": {
                "id": self.launch_template.id,
                "version": str(self.launch_template.state["latestVersion"]),
            },
            "subnetId": self.subnet.id,
            "privateIp": address,
            "vpcSecurityGroupIds": [self.security_group.id],
            "sourceDestCheck": False,
            "disableApiTermination": True,
            "forceDestroy": True,
            "associatePublicIpAddress": False,
            "tags": TAGS,
            "volumeTags": TAGS,
        }

    @cached_property
    def instance(self) -> Made:
        return self.make("aws:ec2/instance:Instance", "worker", **self.instance_inputs("10.0.1.10"))

    @cached_property
    def parameter(self) -> Made:
        return self.make(
            "aws:ssm/parameter:Parameter",
            "join",
            name=f"/canal-aws/{self.prefix}/join",
            type="SecureString",
            valueWo="placeholder",
            valueWoVersion=1,
            description="Join material",
            tier="Standard",
            tags=TAGS,
        )

    @cached_property
    def bucket(self) -> Made:
        return self.make("aws:s3/bucket:Bucket", "snapshots", forceDestroy=True, tags=TAGS)

    def _setting(self, kind: str, **inputs: Any) -> Made:
        token = f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}"
        return self.make(token, "snapshots", bucket=self.bucket.id, **inputs)

    @cached_property
    def public_access_block(self) -> Made:
        return self._setting("BucketPublicAccessBlock", blockPublicAcls=True, blockPublicPolicy=True)

    @cached_property
    def encryption(self) -> Made:
        rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
        return self._setting("BucketServerSideEncryptionConfiguration", rules=[rule])

    @cached_property
    def versioning(self) -> Made:
        return self._setting("BucketVersioning", versioningConfiguration={"status": "Enabled"})

    @cached_property
    def lifecycle(self) -> Made:
        return self._setting("BucketLifecycleConfiguration", rules=[expiring(30)])


def expiring(days: int) -> dict[str, Any]:
    """A lifecycle rule as the program writes it."""
    return {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": "etcd/"},
        "expiration": {"days": days},
        "noncurrentVersionExpiration": {"noncurrentDays": 7},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
    }


ALL: dict[str, Callable[[World], Made]] = {
    name: (lambda world, name=name: getattr(world, name))  # type: ignore[misc]
    for name in (
        "vpc",
        "subnet",
        "internet_gateway",
        "eip",
        "nat_gateway",
        "route_table",
        "route",
        "association",
        "security_group",
        "ingress_rule",
        "egress_rule",
        "role",
        "role_policy",
        "role_policy_attachment",
        "instance_profile",
        "load_balancer",
        "target_group",
        "listener",
        "target_group_attachment",
        "launch_template",
        "instance",
        "parameter",
        "bucket",
        "public_access_block",
        "encryption",
        "versioning",
        "lifecycle",
    )
}
"""A maker for each resource type, by the World's name for it."""
