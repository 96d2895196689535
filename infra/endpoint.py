"""The Kubernetes API's addresses: an internal load balancer for nodes and, where wanted, one that the internet reaches."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from canal_aws.firewall_rules import Group
from infra.firewall import Firewall
from infra.network import Network

_PORT = 6443


class ApiEndpoint(pulumi.ComponentResource):
    """DNS names and target groups of the load balancers; `public_dns_name` is empty where the API is private."""

    dns_name: pulumi.Output[str]
    public_dns_name: pulumi.Output[str]
    target_groups: dict[str, aws.lb.TargetGroup]

    def __init__(
        self, name: str, network: Network, firewall: Firewall, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("canal-aws:infra:ApiEndpoint", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.target_groups = {}
        self.dns_name = self._load_balancer(Group.API_INTERNAL, network, firewall).dns_name
        self.public_dns_name = pulumi.Output.from_input("")
        if Group.API_PUBLIC in firewall.groups:
            self.public_dns_name = self._load_balancer(Group.API_PUBLIC, network, firewall).dns_name
        self.register_outputs({"dnsName": self.dns_name, "publicDnsName": self.public_dns_name})

    def _load_balancer(self, group: Group, network: Network, firewall: Firewall) -> aws.lb.LoadBalancer:
        name = group.value
        balancer = aws.lb.LoadBalancer(
            name,
            internal=group is Group.API_INTERNAL,
            load_balancer_type="network",
            # A network load balancer takes a security group at creation only.
            security_groups=[firewall.id_of(group)],
            subnets=[subnet.id for subnet in network.edge_subnets.values()],
            enable_cross_zone_load_balancing=True,
            # EC2 refuses an internet-facing one before the VPC's gateway, and the gateway's end before this one's.
            opts=pulumi.ResourceOptions(parent=self, depends_on=network.edge_ways_out),
        )
        self.target_groups[name] = aws.lb.TargetGroup(
            name,
            vpc_id=network.vpc_id,
            port=_PORT,
            protocol="TCP",
            target_type="instance",
            # With the client's address kept, a control-plane node that is sent back to itself never gets an answer
            # (ELB, "Network Load Balancer target groups", hairpinning).
            preserve_client_ip="false",
            deregistration_delay=30,
            # An API server listens before it can answer: it would refuse the first requests as forbidden. /readyz takes
            # no credentials (Kubernetes, "API health endpoints"; RBAC's system:public-info-viewer).
            health_check={
                "protocol": "HTTPS",
                "port": str(_PORT),
                "path": "/readyz",
                "interval": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 2,
            },
            opts=self._child,
        )
        aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=_PORT,
            protocol="TCP",
            default_actions=[{"type": "forward", "target_group_arn": self.target_groups[name].arn}],
            opts=self._child,
        )
        return balancer

    def serve_from(self, instances: Mapping[str, aws.ec2.Instance]) -> None:
        """Puts control-plane instances behind every load balancer."""
        for group_name, group in self.target_groups.items():
            for node_name, instance in instances.items():
                aws.lb.TargetGroupAttachment(
                    f"{group_name}-{node_name}",
                    target_group_arn=group.arn,
                    target_id=instance.id,
                    port=_PORT,
                    opts=self._child,
                )
