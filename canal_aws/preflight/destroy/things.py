"""What was found that is not the program's: one type of fact a kind, so that each has a check of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from canal_aws.preflight.destroy.owners import Owner


@dataclass(frozen=True)
class Thing:
    """`kind` as a person says it; `kept_because` says why --delete leaves it alone, "" where it would take it."""

    kind: str
    id: str
    owner: Owner
    name: str = ""
    kept_because: str = ""
    detail: str = ""

    @property
    def deletable(self) -> bool:
        """Whether --delete takes it."""
        return not self.kept_because

    def __str__(self) -> str:
        named = (
            f"{self.kind} {self.name} ({self.id})" if self.name and self.name != self.id else f"{self.kind} {self.id}"
        )
        return named + (f", {self.detail}" if self.detail else "")


@dataclass(frozen=True)
class Foreign:
    """Things of one kind."""

    things: tuple[Thing, ...]


@dataclass(frozen=True)
class LoadBalancers(Foreign):
    """elasticloadbalancing:DescribeLoadBalancers of version 2; `own` are the program's, as their interfaces name them."""

    own: frozenset[str] = field(default_factory=frozenset)


class ClassicLoadBalancers(Foreign):
    """elasticloadbalancing:DescribeLoadBalancers of the first version."""


class TargetGroups(Foreign):
    """elasticloadbalancing:DescribeTargetGroups."""


class Interfaces(Foreign):
    """ec2:DescribeNetworkInterfaces."""


@dataclass(frozen=True)
class SecurityGroups(Foreign):
    """ec2:DescribeSecurityGroups; `own` are the program's, `default` those that come and go with their VPC."""

    own: frozenset[str] = field(default_factory=frozenset)
    default: frozenset[str] = field(default_factory=frozenset)


class DefaultGroupRules(Foreign):
    """ec2:DescribeSecurityGroupRules, of the VPC's default group: those that name a group of the program's."""


class NetworkAcls(Foreign):
    """ec2:DescribeNetworkAcls, but for the default one."""


class Volumes(Foreign):
    """ec2:DescribeVolumes, of this cluster."""


class Snapshots(Foreign):
    """ec2:DescribeSnapshots, of this cluster."""


class Instances(Foreign):
    """ec2:DescribeInstances."""


class Subnets(Foreign):
    """ec2:DescribeSubnets."""


class RouteTables(Foreign):
    """ec2:DescribeRouteTables."""


class Gateways(Foreign):
    """ec2:DescribeInternetGateways, DescribeNatGateways, DescribeVpnGateways."""


class EgressOnlyGateways(Foreign):
    """ec2:DescribeEgressOnlyInternetGateways."""


class Endpoints(Foreign):
    """ec2:DescribeVpcEndpoints."""


class Connections(Foreign):
    """ec2:DescribeVpcPeeringConnections, DescribeTransitGatewayVpcAttachments."""


@dataclass(frozen=True)
class StackVpcs:
    """Ids of the stack's VPC: from its state, and by its tag; empty where there is none."""

    ids: tuple[str, ...]
