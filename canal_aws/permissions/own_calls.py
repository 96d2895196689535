"""What the project asks of AWS itself: the program before it creates anything, preflight and doctor.

`tests/permissions` and `tests/lifecycle` hold these against the calls that the embedded AWS sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from canal_aws.permissions.row import always, spelled
from canal_aws.permissions.service_rows import has_bucket
from canal_aws.settings import Settings

_ec2, _iam, _quotas, _ssm = (spelled(each) for each in ("ec2", "iam", "servicequotas", "ssm"))
_elb = spelled("elasticloadbalancing")


@dataclass(frozen=True)
class OwnCalls:
    """`actions` of the file `source` in this project, for the settings that `of` says."""

    source: str
    actions: tuple[str, ...]
    of: Callable[[Settings], bool] = always


def _asks_for_the_quota(settings: Settings) -> bool:
    return bool(settings.description.vpc_routes_per_node) and settings.route_quota is None


PROGRAM = (
    OwnCalls("infra/facts.py", _ec2("DescribeAvailabilityZones DescribeInstanceTypeOfferings DescribeInstanceTypes")),
    # The provider's data source asks for both (servicequotas/service_quota_data_source.go).
    OwnCalls("infra/facts.py", _quotas("GetServiceQuota GetAWSDefaultServiceQuota"), _asks_for_the_quota),
    OwnCalls("infra/images.py", _ssm("GetParameter"), lambda settings: settings.operating_system == "ubuntu"),
    OwnCalls("infra/images.py", _ec2("DescribeImages"), lambda settings: settings.operating_system == "flatcar"),
    OwnCalls("infra/interrupted.py", _ec2("DescribeTags")),
    OwnCalls("infra/bootstrap.py", _ssm("GetParameter")),
)

PREFLIGHT = (
    OwnCalls(
        "canal_aws/preflight/live/region.py",
        _ec2("DescribeAvailabilityZones DescribeInstanceTypeOfferings DescribeInstanceTypes DescribeRegions"),
    ),
    OwnCalls(
        "canal_aws/preflight/live/inventory.py",
        (
            *_ec2("DescribeAddresses DescribeInstances DescribeInternetGateways DescribeNatGateways"),
            *_ec2("DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroups DescribeSubnets"),
            *_ec2("DescribeVpcPeeringConnections DescribeVpcs"),
            *_elb("DescribeLoadBalancers"),
            *_iam("GetAccountSummary"),
            *_quotas("GetAWSDefaultServiceQuota GetServiceQuota"),
        ),
    ),
    # With the caller's rights Service Quotas asks ELB for its quotas (Service Authorization Reference, GetServiceQuota,
    # dependent actions).
    OwnCalls("canal_aws/preflight/live/inventory.py", _elb("DescribeAccountLimits")),
    OwnCalls(
        "canal_aws/preflight/live/images.py",
        _ssm("GetParameter"),
        lambda settings: settings.operating_system == "ubuntu",
    ),
    OwnCalls("canal_aws/preflight/live/images.py", _ec2("DescribeImages")),
    OwnCalls("canal_aws/preflight/live/prefix_lists.py", _ec2("DescribeManagedPrefixLists")),
    OwnCalls(
        "canal_aws/preflight/live/transit.py", _ec2("DescribeTransitGatewayRouteTables SearchTransitGatewayRoutes")
    ),
    # GetRole: the path of a role whose session asks is not in the session's name.
    OwnCalls("canal_aws/preflight/live/permissions.py", _iam("GetRole SimulatePrincipalPolicy")),
)

# Of `preflight --destroy`; what --delete deletes is not in it, since others made it and no tag of ours is on it.
PREFLIGHT_DESTROY = (
    OwnCalls(
        "canal_aws/preflight/destroy/network.py",
        (
            *_ec2("DescribeEgressOnlyInternetGateways DescribeInstances DescribeInternetGateways DescribeNatGateways"),
            *_ec2("DescribeNetworkAcls DescribeNetworkInterfaces DescribeRouteTables DescribeSecurityGroupRules"),
            *_ec2("DescribeSecurityGroups DescribeSubnets DescribeTransitGatewayVpcAttachments"),
            *_ec2("DescribeVpcEndpoints DescribeVpcPeeringConnections DescribeVpcs DescribeVpnGateways"),
        ),
    ),
    OwnCalls(
        "canal_aws/preflight/destroy/balancing.py", _elb("DescribeLoadBalancers DescribeTags DescribeTargetGroups")
    ),
    OwnCalls("canal_aws/preflight/destroy/storage.py", _ec2("DescribeSnapshots DescribeVolumes")),
)

DOCTOR = (
    OwnCalls(
        "canal_aws/doctor/instances.py",
        _ec2("DescribeImages DescribeInstanceAttribute DescribeInstances DescribeLaunchTemplateVersions"),
    ),
    OwnCalls(
        "canal_aws/doctor/vpc.py",
        _ec2("DescribeRouteTables DescribeSecurityGroupRules DescribeSecurityGroups DescribeSubnets"),
    ),
    OwnCalls("canal_aws/doctor/services.py", (*_elb("DescribeTargetHealth"), *_ssm("GetParameters"))),
    OwnCalls("canal_aws/doctor/services.py", ("s3:ListBucket",), has_bucket),
)

# Of `preflight --request-increase` beside the above: a policy of its own, since preflight's changes nothing.
INCREASE = (
    OwnCalls(
        "canal_aws/preflight/increase.py",
        _quotas(
            "GetAWSDefaultServiceQuota GetServiceQuota ListRequestedServiceQuotaChangeHistoryByQuota "
            "RequestServiceQuotaIncrease"
        ),
    ),
    # The first request of an account makes Service Quotas a role, for support cases (AWS managed policy
    # ServiceQuotasFullAccess).
    OwnCalls("canal_aws/preflight/increase.py", _iam("CreateServiceLinkedRole")),
)
