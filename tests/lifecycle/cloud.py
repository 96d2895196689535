"""What one stack has in the embedded AWS, as AWS describes it: by tags, never by what Pulumi remembers."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

NAME = "canal-aws:name"
STACK = "canal-aws:stack"


def tags_of(described: dict[str, Any]) -> dict[str, str]:
    """The tags of an answer of EC2, ELB, IAM or SSM as a map."""
    return {tag["Key"]: tag["Value"] for tag in described.get("Tags") or described.get("TagList") or ()}


class Cloud:
    """A picture of the stack at the moment of each first question; make a new one after each change."""

    def __init__(self, client: Callable[[str], Any], stack: str) -> None:
        self.ec2, self.elb, self.iam, self.s3, self.ssm = (
            client(name) for name in ("ec2", "elbv2", "iam", "s3", "ssm")
        )
        self.owner = f"organization/canal-aws/{stack}"
        self._own = [{"Name": f"tag:{STACK}", "Values": [self.owner]}]

    @cached_property
    def instances(self) -> dict[str, dict[str, Any]]:
        """Instances that are not on their way out, by node name."""
        alive = {"Name": "instance-state-name", "Values": ["pending", "running"]}
        pages = self.ec2.get_paginator("describe_instances").paginate(Filters=[*self._own, alive])
        found = [each for page in pages for reservation in page["Reservations"] for each in reservation["Instances"]]
        return {tags_of(each)["canal-aws:node"]: each for each in found}

    @cached_property
    def instance_ids(self) -> dict[str, str]:
        """Ids by node name."""
        return {name: each["InstanceId"] for name, each in self.instances.items()}

    def interface(self, node: str) -> dict[str, Any]:
        """The primary network interface of a node."""
        (attached,) = self.instances[node]["NetworkInterfaces"]
        (found,) = self.ec2.describe_network_interfaces(NetworkInterfaceIds=[attached["NetworkInterfaceId"]])[
            "NetworkInterfaces"
        ]
        return dict(found)

    def volumes(self, node: str) -> list[dict[str, Any]]:
        """The volumes of a node."""
        of_node = {"Name": "attachment.instance-id", "Values": [self.instance_ids[node]]}
        return list(self.ec2.describe_volumes(Filters=[of_node])["Volumes"])

    def termination_protected(self, node: str) -> bool:
        """Whether DisableApiTermination is set."""
        said = self.ec2.describe_instance_attribute(
            InstanceId=self.instance_ids[node], Attribute="disableApiTermination"
        )
        return bool(said["DisableApiTermination"]["Value"])

    @cached_property
    def subnets(self) -> dict[str, dict[str, Any]]:
        """Subnets by logical name."""
        return {tags_of(each)[NAME]: each for each in self.ec2.describe_subnets(Filters=self._own)["Subnets"]}

    @cached_property
    def route_tables(self) -> dict[str, dict[str, Any]]:
        """Route tables by logical name."""
        return {tags_of(each)[NAME]: each for each in self.ec2.describe_route_tables(Filters=self._own)["RouteTables"]}

    def routes(self, table: str) -> dict[str, str]:
        """Destination to the id of what the route leads to."""
        targets = ("NetworkInterfaceId", "NatGatewayId", "GatewayId")
        return {
            route["DestinationCidrBlock"]: next(route[key] for key in targets if route.get(key))
            for route in self.route_tables[table]["Routes"]
        }

    def table_of(self, subnet: str) -> str:
        """The logical name of the route table that a subnet uses."""
        subnet_id = self.subnets[subnet]["SubnetId"]
        (name,) = (
            name
            for name, table in self.route_tables.items()
            if any(each.get("SubnetId") == subnet_id for each in table["Associations"])
        )
        return name

    @cached_property
    def groups(self) -> dict[str, str]:
        """Security groups: id to logical name."""
        found = self.ec2.describe_security_groups(Filters=self._own)["SecurityGroups"]
        return {each["GroupId"]: tags_of(each)[NAME] for each in found}

    def group_rules(self) -> Iterator[dict[str, Any]]:
        """Every rule of every group of the stack."""
        of_groups = [{"Name": "group-id", "Values": list(self.groups)}]
        for page in self.ec2.get_paginator("describe_security_group_rules").paginate(Filters=of_groups):
            yield from page["SecurityGroupRules"]

    def template(self, role: str) -> dict[str, Any]:
        """The launch template of a role as DescribeLaunchTemplates gives it."""
        found = self.ec2.describe_launch_templates(Filters=self._own)["LaunchTemplates"]
        (template,) = (each for each in found if tags_of(each)[NAME] == role)
        return dict(template)

    def template_data(self, role: str) -> dict[str, Any]:
        """What the newest version of a role's launch template says, with the user data as text."""
        found = self.ec2.describe_launch_template_versions(
            LaunchTemplateId=self.template(role)["LaunchTemplateId"], Versions=["$Latest"]
        )
        data = dict(found["LaunchTemplateVersions"][0]["LaunchTemplateData"])
        raw = base64.b64decode(data["UserData"])
        # cloud-init takes gzip; Ignition's configuration holds compressed files instead.
        data["UserData"] = (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode()
        return data

    @cached_property
    def load_balancers(self) -> dict[str, dict[str, Any]]:
        """Load balancers by logical name."""
        return dict(self._of_elb("load_balancers", "LoadBalancers", "LoadBalancerArn"))

    @cached_property
    def target_groups(self) -> dict[str, dict[str, Any]]:
        """Target groups by logical name."""
        return dict(self._of_elb("target_groups", "TargetGroups", "TargetGroupArn"))

    def _of_elb(self, operation: str, key: str, arn: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for each in getattr(self.elb, f"describe_{operation}")()[key]:
            (described,) = self.elb.describe_tags(ResourceArns=[each[arn]])["TagDescriptions"]
            tags = tags_of(described)
            if tags.get(STACK) == self.owner:
                yield tags[NAME], each

    def attribute(self, balancer: str, key: str) -> str:
        """One attribute of a load balancer."""
        said = self.elb.describe_load_balancer_attributes(
            LoadBalancerArn=self.load_balancers[balancer]["LoadBalancerArn"]
        )
        return next(str(each["Value"]) for each in said["Attributes"] if each["Key"] == key)

    def targets(self, group: str) -> set[str]:
        """Ids of the instances behind a target group."""
        health = self.elb.describe_target_health(TargetGroupArn=self.target_groups[group]["TargetGroupArn"])
        return {each["Target"]["Id"] for each in health["TargetHealthDescriptions"]}

    def image_of(self, operating_system: str, architecture: str) -> str:
        """The id of the newest image for amd64 or arm64: of Ubuntu by Canonical's parameter, of Flatcar by its date."""
        if operating_system == "flatcar":
            ec2_name = {"amd64": "x86_64"}.get(architecture, architecture)
            filters = [{"Name": "name", "Values": ["Flatcar-stable-*"]}, {"Name": "architecture", "Values": [ec2_name]}]
            found = self.ec2.describe_images(Owners=["075585003325"], Filters=filters)["Images"]
            return str(max(found, key=lambda image: image["CreationDate"])["ImageId"])
        name = f"/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id"
        return str(self.ssm.get_parameter(Name=name)["Parameter"]["Value"])

    def tags(self, token: str, resource_id: str, outputs: dict[str, Any]) -> dict[str, str]:
        """The tags that AWS has of a resource of the program, by its type token and id."""
        if token.startswith("aws:lb/"):
            return tags_of(self.elb.describe_tags(ResourceArns=[outputs["arn"]])["TagDescriptions"][0])
        if token == "aws:iam/role:Role":
            return tags_of(self.iam.list_role_tags(RoleName=resource_id))
        if token == "aws:iam/instanceProfile:InstanceProfile":
            return tags_of(self.iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"])
        if token == "aws:s3/bucket:Bucket":
            return {each["Key"]: each["Value"] for each in self.s3.get_bucket_tagging(Bucket=resource_id)["TagSet"]}
        if token == "aws:ssm/parameter:Parameter":
            return tags_of(self.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=resource_id))
        of_id = [{"Name": "resource-id", "Values": [resource_id]}]
        return {each["Key"]: each["Value"] for each in self.ec2.describe_tags(Filters=of_id)["Tags"]}
