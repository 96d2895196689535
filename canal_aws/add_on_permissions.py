"""What the cloud controller manager and the EBS CSI driver may ask of AWS: statements for the control plane's role.

Both run on control-plane nodes and in the host's network: with a metadata hop limit of 1 no other pod gets credentials.
Sources: kubernetes/cloud-provider-aws docs/prerequisites.md, without what its routes, its volumes (gone from it) and
autoscaling groups need; kubernetes-sigs/aws-ebs-csi-driver docs/example-iam-policy.json, without snapshots and clones,
whose controller is no part of this cluster. Service Authorization Reference: resource types and condition keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from canal_aws.stack.deployment import STACK_TAG

Statement = dict[str, Any]

#: EC2's tag of whatever belongs to a cluster; its keys hold a slash, so never on instances.
CLUSTER_TAG = "kubernetes.io/cluster/{}"
#: Its elder form, the cluster's name in the value, which the cloud controller manager takes as well: so on instances
#: (kubernetes/cloud-provider-aws at v1.36.1 and v1.35.2, pkg/providers/v1/tags.go, hasClusterTag).
INSTANCE_CLUSTER_TAG = "KubernetesCluster"


@dataclass(frozen=True)
class Scope:
    """Where the statements hold: partition, Region and account as in any ARN, the VPC's id, the cluster's name (its
    Pulumi stack's) and the value of the tag canal-aws:stack."""

    partition: str
    region: str
    account: str
    vpc_id: str
    cluster_name: str
    stack_tag: str

    @classmethod
    def of(cls, arn: str, vpc_id: str, cluster_name: str, stack_tag: str) -> Scope:
        """The scope of whatever `arn`, of a resource of the same stack with a Region in it, belongs to."""
        _, partition, _, region, account, _ = arn.split(":", 5)
        return cls(partition, region, account, vpc_id, cluster_name, stack_tag)

    def ec2(self, resource: str) -> str:
        """The ARN of a resource of EC2, like `volume/*`."""
        return f"arn:{self.partition}:ec2:{self.region}:{self.account}:{resource}"

    @property
    def elb(self) -> str:
        """Every load balancer, listener, rule and target group of the account in this Region."""
        return f"arn:{self.partition}:elasticloadbalancing:{self.region}:{self.account}:*"


def cloud_controller_manager(scope: Scope) -> list[Statement]:
    """For Nodes and Services of type LoadBalancer, with --configure-cloud-routes=false."""
    cluster_tag = {f"aws:RequestTag/{CLUSTER_TAG.format(scope.cluster_name)}": "owned"}
    return [
        _allow(
            [
                *_ec2("DescribeAvailabilityZones DescribeInstances DescribeInstanceTopology DescribeRegions"),
                *_ec2(
                    "DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeSubnets DescribeVpcs"
                ),
                *_elb("DescribeListeners DescribeLoadBalancerAttributes DescribeLoadBalancerPolicies"),
                *_elb("DescribeLoadBalancers DescribeTags DescribeTargetGroupAttributes DescribeTargetGroups"),
                *_elb("DescribeTargetHealth"),
            ],
            "*",
        ),
        _allow(_ec2("CreateSecurityGroup"), scope.ec2(f"vpc/{scope.vpc_id}"), scope.ec2("security-group/*")),
        _allow(_ec2("CreateTags DeleteTags"), scope.ec2("security-group/*"), condition={"StringEquals": cluster_tag}),
        _allow(
            _ec2("AuthorizeSecurityGroupIngress RevokeSecurityGroupIngress DeleteSecurityGroup"),
            scope.ec2("security-group/*"),
            condition={"ArnEquals": {"ec2:Vpc": scope.ec2(f"vpc/{scope.vpc_id}")}},
        ),
        _allow(
            [
                *_elb("AddTags ApplySecurityGroupsToLoadBalancer AttachLoadBalancerToSubnets ConfigureHealthCheck"),
                *_elb("CreateListener CreateLoadBalancer CreateLoadBalancerListeners CreateLoadBalancerPolicy"),
                *_elb("CreateTargetGroup DeleteListener DeleteLoadBalancer DeleteLoadBalancerListeners"),
                *_elb("DeleteTargetGroup DeregisterInstancesFromLoadBalancer DeregisterTargets"),
                *_elb("DetachLoadBalancerFromSubnets ModifyListener ModifyLoadBalancerAttributes ModifyTargetGroup"),
                *_elb("ModifyTargetGroupAttributes RegisterInstancesWithLoadBalancer RegisterTargets"),
                *_elb("SetLoadBalancerPoliciesForBackendServer SetLoadBalancerPoliciesOfListener SetSecurityGroups"),
            ],
            scope.elb,
        ),
        # The Kubernetes API's own load balancers carry the stack's tag: nothing on the cluster may touch them.
        {
            "Effect": "Deny",
            "Action": "elasticloadbalancing:*",
            "Resource": scope.elb,
            "Condition": {"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": scope.stack_tag}},
        },
        # An account's first load balancer makes the role with which ELB itself works.
        _allow(
            ["iam:CreateServiceLinkedRole"],
            f"arn:{scope.partition}:iam::{scope.account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*",
            condition={"StringEquals": {"iam:AWSServiceName": "elasticloadbalancing.amazonaws.com"}},
        ),
    ]


def ebs_csi_driver(scope: Scope) -> list[Statement]:
    """For volumes that the driver makes (it tags them) or finds, attached to this stack's instances alone."""
    made_by_it = "ebs.csi.aws.com/cluster"
    return [
        _allow(
            [
                *_ec2("DescribeAvailabilityZones DescribeInstances DescribeTags DescribeVolumes"),
                *_ec2("DescribeVolumesModifications DescribeVolumeStatus"),
            ],
            "*",
        ),
        _allow(
            _ec2("CreateVolume"),
            scope.ec2("volume/*"),
            condition={"StringEquals": {f"aws:RequestTag/{made_by_it}": "true"}},
        ),
        _allow(
            _ec2("CreateTags"),
            scope.ec2("volume/*"),
            condition={"StringEquals": {"ec2:CreateAction": "CreateVolume"}},
        ),
        _allow(_ec2("AttachVolume DetachVolume ModifyVolume"), scope.ec2("volume/*")),
        _allow(
            _ec2("AttachVolume DetachVolume"),
            scope.ec2("instance/*"),
            condition={"StringEquals": {f"aws:ResourceTag/{STACK_TAG}": scope.stack_tag}},
        ),
        _allow(
            _ec2("DeleteVolume"),
            scope.ec2("volume/*"),
            condition={"StringEquals": {f"aws:ResourceTag/{made_by_it}": "true"}},
        ),
    ]


def _allow(actions: Sequence[str], *resources: str, condition: dict[str, Any] | None = None) -> Statement:
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def _ec2(actions: str) -> list[str]:
    return [f"ec2:{action}" for action in actions.split()]


def _elb(actions: str) -> list[str]:
    return [f"elasticloadbalancing:{action}" for action in actions.split()]
