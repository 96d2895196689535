"""The types of IAM, Elastic Load Balancing, S3 and Systems Manager, as in canal_aws/permissions/ec2_rows.py.

Files are those of terraform-provider-aws under internal/service. What Elastic Load Balancing asks of EC2 with a caller's
rights: its User Guide, "Elastic Load Balancing API permissions". S3's tags: since v6.23 by S3 Control's calls
(hashicorp/terraform-provider-aws#45251), and by S3's own where those are refused.
"""

from __future__ import annotations

from canal_aws.permissions.row import Row, spelled
from canal_aws.settings import Settings

_ec2, _elb, _iam, _s3, _ssm = (spelled(each) for each in ("ec2", "elasticloadbalancing", "iam", "s3", "ssm"))
# In some accounts ELB looks for a balancer's groups by this one (kubernetes-sigs/aws-load-balancer-controller#3917, #3921;
# AWS managed policy ElasticLoadBalancingFullAccess).
_ELB_GROUPS = _ec2("GetSecurityGroupsForVpc")
_ELB_TAG = _elb("AddTags RemoveTags")
# The default key of SecureStrings, alias/aws/ssm, admits whoever may call SSM: no KMS action is needed (Systems Manager
# User Guide, "How AWS Systems Manager Parameter Store uses AWS KMS"); likewise alias/aws/ebs for volumes.


def has_bucket(settings: Settings) -> bool:
    """Whether the settings ask for a bucket; a living stack keeps the one that it has."""
    return settings.etcd_snapshot_hours > 0


ROWS = (
    Row(
        "aws:iam/role:Role",
        "iam/role.go",
        create=_iam("CreateRole TagRole"),
        read=_iam("GetRole ListRolePolicies GetRolePolicy ListAttachedRolePolicies"),
        update=_iam("UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy"),
        tag=_iam("TagRole UntagRole"),
        delete=_iam("ListInstanceProfilesForRole RemoveRoleFromInstanceProfile DeleteRole"),
    ),
    Row(
        "aws:iam/rolePolicy:RolePolicy",
        "iam/role_policy.go",
        create=_iam("PutRolePolicy"),
        read=_iam("GetRolePolicy"),
        update=_iam("PutRolePolicy"),
        delete=_iam("DeleteRolePolicy"),
    ),
    Row(
        "aws:iam/instanceProfile:InstanceProfile",
        "iam/instance_profile.go",
        create=_iam("CreateInstanceProfile TagInstanceProfile AddRoleToInstanceProfile PassRole"),
        read=_iam("GetInstanceProfile GetRole"),
        update=_iam("AddRoleToInstanceProfile RemoveRoleFromInstanceProfile"),
        tag=_iam("TagInstanceProfile UntagInstanceProfile"),
        delete=_iam("RemoveRoleFromInstanceProfile DeleteInstanceProfile"),
    ),
    Row(
        "aws:lb/loadBalancer:LoadBalancer",
        "elbv2/load_balancer.go",
        create=(
            *_elb("CreateLoadBalancer AddTags ModifyLoadBalancerAttributes"),
            *_ec2("DescribeAccountAttributes DescribeAddresses DescribeInternetGateways DescribeSecurityGroups"),
            *_ec2("DescribeSubnets DescribeVpcs"),
            *_ELB_GROUPS,
            *_iam("CreateServiceLinkedRole"),  # an account's first load balancer makes ELB's own role
        ),
        read=(
            *_elb("DescribeLoadBalancers DescribeLoadBalancerAttributes DescribeTags"),
            *_elb("DescribeCapacityReservation"),
        ),
        update=(*_elb("ModifyLoadBalancerAttributes SetSubnets SetSecurityGroups"), *_ELB_GROUPS),
        tag=_ELB_TAG,
        # It waits for the load balancer's interfaces to go.
        delete=(*_elb("DeleteLoadBalancer"), *_ec2("DescribeNetworkInterfaces")),
    ),
    Row(
        "aws:lb/targetGroup:TargetGroup",
        "elbv2/target_group.go",
        create=(
            *_elb("CreateTargetGroup AddTags ModifyTargetGroupAttributes"),
            *_ec2("DescribeInternetGateways DescribeVpcs"),
        ),
        read=_elb("DescribeTargetGroups DescribeTargetGroupAttributes DescribeTags"),
        update=_elb("ModifyTargetGroup ModifyTargetGroupAttributes"),
        tag=_ELB_TAG,
        delete=_elb("DeleteTargetGroup"),
    ),
    Row(
        "aws:lb/targetGroupAttachment:TargetGroupAttachment",
        "elbv2/target_group_attachment.go",
        create=(
            *_elb("RegisterTargets"),
            *_ec2("DescribeInstances DescribeInternetGateways DescribeSubnets DescribeVpcs"),
        ),
        read=_elb("DescribeTargetHealth"),
        delete=_elb("DeregisterTargets DescribeTargetHealth"),
    ),
    Row(
        "aws:lb/listener:Listener",
        "elbv2/listener.go",
        create=_elb("CreateListener AddTags"),
        read=_elb("DescribeListeners DescribeListenerAttributes DescribeTags"),
        update=_elb("ModifyListener ModifyListenerAttributes"),
        tag=_ELB_TAG,
        delete=_elb("DeleteListener"),
    ),
    Row(
        "aws:s3/bucket:Bucket",
        "s3/bucket.go",
        create=_s3("CreateBucket TagResource PutBucketTagging"),
        # Every configuration that the type has, set or not.
        read=(
            *_s3("ListBucket GetBucketLocation GetBucketTagging ListTagsForResource GetBucketPolicy GetBucketAcl"),
            *_s3("GetBucketCORS GetBucketWebsite GetBucketVersioning GetAccelerateConfiguration GetBucketLogging"),
            *_s3("GetBucketRequestPayment GetLifecycleConfiguration GetReplicationConfiguration"),
            *_s3("GetEncryptionConfiguration GetBucketObjectLockConfiguration"),
        ),
        tag=_s3("TagResource UntagResource PutBucketTagging"),
        delete=_s3("ListBucketVersions DeleteObject DeleteObjectVersion DeleteBucket"),
        of=has_bucket,
    ),
    Row(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "s3/bucket_public_access_block.go",
        create=_s3("PutBucketPublicAccessBlock"),
        read=_s3("GetBucketPublicAccessBlock"),
        delete=_s3("PutBucketPublicAccessBlock"),
        of=has_bucket,
    ),
    Row(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucket_server_side_encryption_configuration.go",
        create=_s3("PutEncryptionConfiguration"),
        read=_s3("GetEncryptionConfiguration"),
        delete=_s3("PutEncryptionConfiguration"),
        of=has_bucket,
    ),
    Row(
        "aws:s3/bucketVersioning:BucketVersioning",
        "s3/bucket_versioning.go",
        create=_s3("PutBucketVersioning"),
        read=_s3("GetBucketVersioning"),
        delete=_s3("PutBucketVersioning"),
        of=has_bucket,
    ),
    Row(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "s3/bucket_lifecycle_configuration.go",
        create=_s3("PutLifecycleConfiguration"),
        read=_s3("GetLifecycleConfiguration"),
        delete=_s3("PutLifecycleConfiguration"),
        of=has_bucket,
    ),
    Row(
        "aws:ssm/parameter:Parameter",
        "ssm/parameter.go",
        create=_ssm("PutParameter AddTagsToResource"),
        read=_ssm("GetParameter DescribeParameters ListTagsForResource"),
        update=_ssm("PutParameter"),
        tag=_ssm("AddTagsToResource RemoveTagsFromResource"),
        delete=_ssm("DeleteParameter"),
    ),
)
