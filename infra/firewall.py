"""Security groups, and one resource a rule: what they let in is derived in canal_aws.firewall_rules."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from canal_aws.firewall_rules import NODE_GROUPS, Group, Rule, rules_of
from canal_aws.settings import Settings
from infra.network import Network

_DESCRIPTIONS = {
    Group.CONTROL_PLANE: "Control-plane nodes",
    Group.WORKER: "Worker nodes",
    Group.API_INTERNAL: "Internal load balancer of the Kubernetes API",
    Group.API_PUBLIC: "Internet-facing load balancer of the Kubernetes API",
}


class Firewall(pulumi.ComponentResource):
    """The groups by their role in the cluster; the public one only where the API is public."""

    groups: Mapping[Group, aws.ec2.SecurityGroup]
    rules: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        network: Network,
        settings: Settings,
        cluster_tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Firewall", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        public = settings.api_access == "public"
        self.groups = {
            group: aws.ec2.SecurityGroup(
                group.value,
                description=_DESCRIPTIONS[group],
                vpc_id=network.vpc_id,
                # In these a cloud controller manager lets its load balancers in.
                tags=cluster_tags if group in NODE_GROUPS else None,
                opts=self._child,
            )
            for group in Group
            if public or group is not Group.API_PUBLIC
        }
        self.rules = [self._rule(rule) for rule in rules_of(settings)]
        self.register_outputs({})

    def id_of(self, group: Group) -> pulumi.Output[str]:
        """The id of a group."""
        group_id: pulumi.Output[str] = self.groups[group].id
        return group_id

    def _rule(self, rule: Rule) -> pulumi.Resource:
        peer = (
            {"referenced_security_group_id": self.id_of(rule.peer)}
            if isinstance(rule.peer, Group)
            else {"cidr_ipv4": str(rule.peer)}
        )
        kind = aws.vpc.SecurityGroupEgressRule if rule.egress else aws.vpc.SecurityGroupIngressRule
        resource: pulumi.Resource = kind(
            rule.name,
            security_group_id=self.id_of(rule.group),
            ip_protocol=rule.traffic.protocol,
            from_port=rule.traffic.from_port,
            to_port=rule.traffic.to_port,
            description=rule.traffic.description,
            opts=self._child,
            **peer,
        )
        return resource
