"""The service quotas that the program or its preflight can meet: AWS's defaults, and what a run applies
instead.

Codes and defaults: Amazon VPC User Guide "Amazon VPC quotas", EC2 "On-Demand Instance quotas", "Quotas for
your Network Load Balancers", as Service Quotas lists them. Routes per route table: 500 since June 2025 (50
before, at most 1,000),
https://aws.amazon.com/about-aws/whats-new/2025/06/amazon-vpc-raises-default-route-table-capacity/ .
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Key = tuple[str, str]
"""Service Quotas' codes of the service and of the quota."""

ROUTES_PER_TABLE = ("vpc", "L-93826ACB")
VPCS = ("vpc", "L-F678F1CE")
SUBNETS_PER_VPC = ("vpc", "L-407747CB")
ROUTE_TABLES_PER_VPC = ("vpc", "L-589F43AA")
INTERNET_GATEWAYS = ("vpc", "L-A4707A72")
NAT_GATEWAYS_PER_ZONE = ("vpc", "L-FE5A380F")
SECURITY_GROUPS = ("vpc", "L-E79EC296")
RULES_PER_GROUP = ("vpc", "L-0EA8095F")
GROUPS_PER_INTERFACE = ("vpc", "L-2AFB9258")
NETWORK_INTERFACES = ("vpc", "L-DF5E4CA3")
ELASTIC_IPS = ("ec2", "L-0263D0A3")
STANDARD_VCPUS = ("ec2", "L-1216C47A")
STANDARD_SPOT_VCPUS = ("ec2", "L-34B43A08")
NETWORK_LOAD_BALANCERS = ("elasticloadbalancing", "L-69A177A2")
TARGET_GROUPS = ("elasticloadbalancing", "L-B22855CB")
LISTENERS_PER_NLB = ("elasticloadbalancing", "L-57A373D6")

INSTANCE_PROFILES = ("iam", "L-6E65F664")

MAXIMA = {ROUTES_PER_TABLE: 1000, GROUPS_PER_INTERFACE: 16}
"""What AWS raises a quota to at most (Amazon VPC User Guide, "Amazon VPC quotas")."""

SERVICE_NAMES = {
    "vpc": "Amazon Virtual Private Cloud (Amazon VPC)",
    "ec2": "Amazon Elastic Compute Cloud (Amazon EC2)",
    "elasticloadbalancing": "Elastic Load Balancing (ELB)",
    "iam": "AWS Identity and Access Management (IAM)",
}

# IAM User Guide, "IAM and AWS STS quotas": its quotas are seen and raised in US East (N. Virginia) alone.
GLOBAL_SERVICES, GLOBAL_REGION = frozenset({"iam"}), "us-east-1"

OPEN_STATUSES = ("PENDING", "CASE_OPENED")
"""Statuses of a request that nobody has decided about yet (Service Quotas API, RequestedServiceQuotaChange)."""


@dataclass(frozen=True)
class Quota:
    """One quota: Service Quotas' name for it, AWS's default, whether an increase can be asked for.

    `applied` is the value that this account has, where it is not the default. `has_applied` is False where
    AWS reports no applied value until somebody asks for an increase: GetServiceQuota then answers
    NoSuchResourceException, and GetAWSDefaultServiceQuota has to be asked.
    """

    name: str
    default: float
    adjustable: bool = True
    applied: float | None = None
    has_applied: bool = True


QUOTAS: dict[Key, Quota] = {
    ROUTES_PER_TABLE: Quota("Routes per route table", 500),
    VPCS: Quota("VPCs per Region", 5),
    SUBNETS_PER_VPC: Quota("Subnets per VPC", 200),
    ROUTE_TABLES_PER_VPC: Quota("Route tables per VPC", 200),
    INTERNET_GATEWAYS: Quota("Internet gateways per Region", 5),
    NAT_GATEWAYS_PER_ZONE: Quota("NAT gateways per Availability Zone", 5),
    SECURITY_GROUPS: Quota("VPC security groups per Region", 2500),
    RULES_PER_GROUP: Quota("Inbound or outbound rules per security group", 60),
    GROUPS_PER_INTERFACE: Quota("Security groups per network interface", 5),
    NETWORK_INTERFACES: Quota("Network interfaces per Region", 5000),
    ("vpc", "L-83CA0A9D"): Quota("IPv4 CIDR blocks per VPC", 5),
    ("vpc", "L-2AEEBF1A"): Quota("Rules per network ACL", 20),
    ELASTIC_IPS: Quota("EC2-VPC Elastic IPs", 5),
    STANDARD_VCPUS: Quota("Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5, applied=4096),
    STANDARD_SPOT_VCPUS: Quota("All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5, applied=4096),
    ("ec2", "L-6E869C2A"): Quota("Running On-Demand DL instances", 0),
    ("ec2", "L-85EED4F7"): Quota("All DL Spot Instance Requests", 0),
    ("ec2", "L-74FC7D96"): Quota("Running On-Demand F instances", 0),
    ("ec2", "L-88CF9481"): Quota("All F Spot Instance Requests", 0),
    ("ec2", "L-DB2E81BA"): Quota("Running On-Demand G and VT instances", 0),
    ("ec2", "L-3819A6DF"): Quota("All G and VT Spot Instance Requests", 0),
    ("ec2", "L-F7808C92"): Quota("Running On-Demand HPC instances", 0),
    ("ec2", "L-43DA4232"): Quota("Running On-Demand High Memory instances", 0),
    ("ec2", "L-1945791B"): Quota("Running On-Demand Inf instances", 0),
    ("ec2", "L-B5D1601B"): Quota("All Inf Spot Instance Requests", 0),
    ("ec2", "L-417A185B"): Quota("Running On-Demand P instances", 0),
    ("ec2", "L-7212CCBC"): Quota("All P Spot Instance Requests", 0),
    ("ec2", "L-2C3B7624"): Quota("Running On-Demand Trn instances", 0),
    ("ec2", "L-6B0D517C"): Quota("All Trn Spot Instance Requests", 0),
    ("ec2", "L-7295265B"): Quota("Running On-Demand X instances", 0),
    ("ec2", "L-E3A00192"): Quota("All X Spot Instance Requests", 0),
    NETWORK_LOAD_BALANCERS: Quota("Network Load Balancers per Region", 50),
    TARGET_GROUPS: Quota("Target Groups per Region", 3000),
    INSTANCE_PROFILES: Quota("Instance profiles per account", 1000),
    LISTENERS_PER_NLB: Quota("Listeners per Network Load Balancer", 50, has_applied=False),
}


@dataclass
class Quotas:
    """The quotas of one account. A value that a run sets counts as applied, in every Region."""

    _set: dict[Key, float] = field(default_factory=dict)
    requests: dict[tuple[str, Key], list[dict[str, Any]]] = field(default_factory=dict)
    """Requests for more by Region and quota, as Service Quotas lists them: the newest first."""

    def value(self, key: Key) -> float:
        """What AWS would enforce: the applied value, else the default. KeyError for a quota that is not
        known."""
        quota = QUOTAS[key]
        return self._set.get(key, quota.default if quota.applied is None else quota.applied)

    def applied(self, key: Key) -> float | None:
        """The applied value, None where there is none; KeyError for a quota that is not known."""
        return self.value(key) if key in self._set or QUOTAS[key].has_applied else None

    def set(self, service: str, code: str, value: float) -> None:
        """Apply another value. KeyError for a quota that is not known, ValueError for a value below zero."""
        if (service, code) not in QUOTAS:
            raise KeyError(f"{service}/{code}")
        if value < 0:
            raise ValueError("it is below zero")
        maximum = MAXIMA.get((service, code))
        if maximum is not None and value > maximum:
            raise ValueError(f"AWS applies at most {maximum} of it")
        self._set[service, code] = float(value)

    def reset(self) -> None:
        """Back to AWS's defaults, and nothing asked for."""
        self._set.clear()
        self.requests.clear()
