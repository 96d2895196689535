"""Tags on everything: whose a resource is, its logical name, and the user's own tags.

The logical name is how `canal-aws recover` finds again what an interrupted `up` left behind.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from canal_aws.add_on_permissions import CLUSTER_TAG, INSTANCE_CLUSTER_TAG
from canal_aws.stack.deployment import NAME_TAG, STACK_TAG
from infra.stack import Identity

#: The taggable types of this program. Routes, associations, role policies and target attachments take no tags.
TAGGABLE = frozenset(
    {
        "aws:ec2/eip:Eip",
        "aws:ec2/instance:Instance",
        "aws:ec2/internetGateway:InternetGateway",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/routeTable:RouteTable",
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/subnet:Subnet",
        "aws:ec2/vpc:Vpc",
        "aws:iam/instanceProfile:InstanceProfile",
        "aws:iam/role:Role",
        "aws:lb/listener:Listener",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:lb/targetGroup:TargetGroup",
        "aws:s3/bucket:Bucket",
        "aws:ssm/parameter:Parameter",
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    }
)
#: The first name is what people see in the console: it says the stack too.
_NAMED = "Name"
# By the launch template, once, since an instance's `volume_tags` are those of every volume that is attached to it: after a
# refresh the EBS CSI driver's tags on its volumes would count as the instance's, and the next `up` would take them off
# (terraform-provider-aws, internal/service/ec2/ec2_instance.go). The tags of its `root_block_device` are put on after the
# launch only, and policies ask for the stack's tag in the request (issue 41653 there). EC2 joins what an instance's own
# request says of tags to its template's (EC2 User Guide, "Launch EC2 instances using a launch template").
_ROOT_VOLUME = "volume"


def tag_everything(identity: Identity, user_tags: Mapping[str, str]) -> None:
    """From here on every taggable resource of this program gets its tags, beside those that it names itself."""

    def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ not in TAGGABLE:
            return None
        whose = {**user_tags, _NAMED: f"{identity.stack}-{args.name}", STACK_TAG: identity.tag}
        own: dict[str, str] = args.props.get("tags") or {}  # type: ignore[assignment]  # plain in this program
        tags = {**whose, NAME_TAG: args.name, **own}
        props = {**args.props, "tags": tags}
        if args.type_ == "aws:ec2/launchTemplate:LaunchTemplate":
            props["tag_specifications"] = [{"resource_type": _ROOT_VOLUME, "tags": whose}]
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    pulumi.runtime.register_stack_transformation(tagged)


def cluster_tags(identity: Identity) -> Mapping[str, str]:
    """By what a cloud controller manager knows a cluster's subnets and groups. The slash keeps it off instances."""
    return {CLUSTER_TAG.format(identity.stack): "owned"}


def instance_cluster_tags(identity: Identity) -> Mapping[str, str]:
    """By what it knows the cluster's instances: it gives no other to a load balancer as targets, whatever Nodes there are
    (kubernetes/cloud-provider-aws, pkg/providers/v1: findInstancesForELB, describeInstances)."""
    return {INSTANCE_CLUSTER_TAG: identity.stack}
