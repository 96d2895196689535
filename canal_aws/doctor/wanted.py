"""What a stack should be: everything derived from its configuration, its last state and the architecture's description."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from architectures import Architecture
from canal_aws.addressing import AddressPlan, choose_zones
from canal_aws.firewall_rules import Group, Rule, rules_of
from canal_aws.manifests import ClusterNetwork, Manifest, build, pod_cidr_policy
from canal_aws.manifests.route_reflectors import RouteReflectors, route_reflectors
from canal_aws.settings import Settings
from canal_aws.stack.errors import StackError
from canal_aws.stack.refused_changes import refuse_changes
from canal_aws.stack.subject import Subject

VPC = "aws:ec2/vpc:Vpc"
INSTANCE = "aws:ec2/instance:Instance"
ROUTE = "aws:ec2/route:Route"
PARAMETER = "aws:ssm/parameter:Parameter"
TARGET_GROUP = "aws:lb/targetGroup:TargetGroup"
BUCKET = "aws:s3/bucket:Bucket"


@dataclass(frozen=True)
class Now:
    """The moment that ages are measured at, in UTC."""

    at: datetime.datetime

    def hours_since(self, then: datetime.datetime) -> float:
        """How long ago it was."""
        return (self.at - then).total_seconds() / 3600


@dataclass(frozen=True)
class Wanted:
    """`stack` is organization/project/stack; `ids` holds the state's resources: type → logical name → id."""

    stack: str
    settings: Settings
    plan: AddressPlan
    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    interrupted: bool = False

    @classmethod
    def of(cls, subject: Subject) -> Wanted:
        """Around what the last state decided: zones that no `up` has made yet are none of it.

        CanalError for settings that cannot be read, or that this stack can never become, and for a stack never made.
        """
        ids: dict[str, dict[str, str]] = {}
        for urn, resource in subject.state.living().items():
            if resource.get("id"):
                ids.setdefault(str(resource["type"]), {})[urn.rpartition("::")[2]] = str(resource["id"])
        if VPC not in ids or not subject.kept.zones:
            raise StackError(
                f"stack {subject.name}: its state holds no VPC with subnets of nodes, so there is nothing to compare; run "
                "`pulumi up` first, or name another with --stack"
            )
        settings = Settings.from_mapping(subject.settings)
        zones = choose_zones(settings.availability_zones, (), subject.kept.zones)
        refuse_changes(settings, subject.kept, zones)
        plan = AddressPlan.of(settings, zones, subject.kept)
        return cls(subject.name, settings, plan, ids, subject.state.has_pending())

    @property
    def architecture(self) -> Architecture:
        """What carries the packets."""
        return self.settings.description

    @property
    def control_plane_nodes(self) -> int:
        """How many the last state holds: more that the configuration asks for are none before an `up` has made them."""
        made = self.ids.get(INSTANCE, {})
        return sum(node.name in made for node in self.plan.of_role("control-plane"))

    @property
    def vpc(self) -> str:
        """The VPC's id."""
        return next(iter(self.ids[VPC].values()))

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule of every security group, as infra/firewall.py makes them."""
        return rules_of(self.settings)

    @property
    def groups(self) -> tuple[Group, ...]:
        """The security groups, in the order of their rules."""
        return tuple(dict.fromkeys(rule.group for rule in self.rules))

    @property
    def pod_cidrs(self) -> Mapping[str, str]:
        """By node name, the planned pod CIDRs; empty where the program plans none."""
        return {node.name: str(node.pod_cidr) for node in self.plan.nodes if node.pod_cidr}

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """The Kubernetes objects that the program puts on the cluster, the policy of pod CIDRs first."""
        settings = self.settings
        network = ClusterNetwork(str(settings.pod_cidr), str(settings.service_cidr), settings.node_pod_cidr_mask)
        policy = pod_cidr_policy(self.pod_cidrs) if self.pod_cidrs else ()
        return (*policy, *build(self.architecture, network))

    @property
    def reflectors(self) -> RouteReflectors | None:
        """The route reflectors; None where there are none."""
        control_plane = [node.name for node in self.plan.of_role("control-plane")]
        return route_reflectors(self.architecture, len(self.plan.nodes), control_plane)
