"""AWS's quotas that a stack can meet: code, default, hard maximum; and how what is planned stands against one.

Defaults are those of new accounts. The applied value is the account's own and is asked of Service Quotas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from canal_aws.vcpu_quotas import VCPU_QUOTAS

#: From this share of its limit on, a quota is near.
NEAR_SHARE = 0.8


class Grade(Enum):
    """How something stands against a limit, in the order of gravity."""

    OK = "ok"
    NEAR = "near the quota"
    OVER_QUOTA = "over the applied quota"
    OVER_MAXIMUM = "over the hard maximum"


@dataclass(frozen=True)
class Quota:
    """One quota: `per` names what it is counted for; `maximum` is what AWS raises it to and no further, where known."""

    service: str
    code: str
    name: str
    default: int
    per: str
    maximum: int | None = None

    @property
    def key(self) -> str:
        """service/code, as reports write it."""
        return f"{self.service}/{self.code}"


# VPC User Guide, "Amazon VPC quotas"; EC2 User Guide, "Amazon EC2 service quotas" (an account's first vCPU quota is
# small and grows with use: 5 is Service Quotas' default value); Elastic Load Balancing, "Quotas for your Network Load
# Balancers"; IAM User Guide, "IAM and AWS STS quotas". Routes: 500 since June 2025 (AWS What's New), 50 before.
ROUTES_MAXIMUM = 1000
ROUTES_PER_TABLE = Quota("vpc", "L-93826ACB", "routes per route table", 500, "route table", ROUTES_MAXIMUM)
_ALL = (
    ROUTES_PER_TABLE,
    Quota("vpc", "L-589F43AA", "route tables per VPC", 200, "VPC"),
    Quota("vpc", "L-F678F1CE", "VPCs per Region", 5, "Region"),
    Quota("vpc", "L-407747CB", "subnets per VPC", 200, "VPC"),
    Quota("vpc", "L-A4707A72", "internet gateways per Region", 5, "Region"),
    Quota("vpc", "L-FE5A380F", "NAT gateways per zone", 5, "zone"),
    Quota("vpc", "L-DF5E4CA3", "network interfaces per Region", 5000, "Region"),
    Quota("vpc", "L-E79EC296", "security groups per Region", 2500, "Region"),
    Quota("vpc", "L-0EA8095F", "rules per security group and direction", 60, "security group"),
    Quota("vpc", "L-2AFB9258", "security groups per network interface", 5, "network interface", 16),
    Quota("vpc", "L-2AEEBF1A", "rules per network ACL and direction", 20, "network ACL", 40),
    Quota("ec2", "L-0263D0A3", "Elastic IP addresses per Region", 5, "Region"),
    Quota("elasticloadbalancing", "L-69A177A2", "network load balancers per Region", 50, "Region"),
    Quota("iam", "L-6E65F664", "instance profiles per account", 1000, "account"),
    *(
        Quota("ec2", each.on_demand, f"vCPUs of running on-demand {each.name} instances", each.default, "Region")
        for each in VCPU_QUOTAS
    ),
    *(
        Quota("ec2", each.spot, f"vCPUs of {each.name} spot instances", each.default, "Region")
        for each in VCPU_QUOTAS
        if each.spot
    ),
)

BY_CODE: Mapping[str, Quota] = {quota.code: quota for quota in _ALL}


@dataclass(frozen=True)
class Usage:
    """What `subject` (a table's name, a zone …) holds of a quota and what the plan adds, against `limit`."""

    quota: Quota
    used: int
    planned: int
    limit: int
    subject: str = ""

    @property
    def total(self) -> int:
        """What there would be once all is created."""
        return self.used + self.planned

    @property
    def grade(self) -> Grade:
        """Its grade. What the plan adds nothing to stops nothing: it is near at worst."""
        if self.planned and self.quota.maximum is not None and self.total > self.quota.maximum:
            return Grade.OVER_MAXIMUM
        if self.planned and self.total > self.limit:
            return Grade.OVER_QUOTA
        return Grade.NEAR if self.total >= NEAR_SHARE * self.limit else Grade.OK

    @property
    def wanted(self) -> int:
        """What to ask Service Quotas for: a quarter of room beyond the plan, within the hard maximum."""
        room = max(self.limit + 1, -(-self.total * 5 // 4))
        return room if self.quota.maximum is None else min(self.quota.maximum, room)

    @property
    def request(self) -> str:
        """The command that asks for `wanted`."""
        return (
            f"aws service-quotas request-service-quota-increase --service-code {self.quota.service} "
            f"--quota-code {self.quota.code} --desired-value {self.wanted}"
        )

    def __str__(self) -> str:
        where = f"{self.subject}: " if self.subject else ""
        return (
            f"{where}{self.used:,} used + {self.planned:,} planned = {self.total:,} of {self.limit:,} {self.quota.name}"
        )
