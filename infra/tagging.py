"""Tags on everything: whose a resource is, its logical name, and the user's own tags.

The logical name is how `canal-aws recover` finds again what an interrupted `up` left behind.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from canal_aws.add_on_permissions import CLUSTER_TAG
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


def tag_everything(identity: Identity, user_tags: Mapping[str, str]) -> None:
    """From here on every taggable resource of this program gets its tags, beside those that it names itself."""

    def tagged(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if args.type_ not in TAGGABLE:
            return None
        common = {**user_tags, _NAMED: f"{identity.stack}-{args.name}", STACK_TAG: identity.tag, NAME_TAG: args.name}
        own: dict[str, str] = args.props.get("tags") or {}  # type: ignore[assignment]  # plain in this program
        tags = {**common, **own}
        props = {**args.props, "tags": tags}
        if args.type_ == "aws:ec2/instance:Instance":
            props["volume_tags"] = common
        return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

    pulumi.runtime.register_stack_transformation(tagged)


def cluster_tags(identity: Identity) -> Mapping[str, str]:
    """By what a cloud controller manager knows a cluster's subnets and groups. The slash keeps it off instances."""
    return {CLUSTER_TAG.format(identity.stack): "owned"}
