"""Native VPC routes to the pods: one a node in every table of a subnet that holds nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from canal_aws.addressing import NodePlan
from canal_aws.stack.standing import pod_route
from infra.network import Network


class PodRoutes(pulumi.ComponentResource):
    """A route for each planned pod CIDR; nothing where the architecture plans none."""

    def __init__(
        self,
        name: str,
        network: Network,
        nodes: Sequence[NodePlan],
        instances: Mapping[str, aws.ec2.Instance],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:PodRoutes", name, None, opts)
        for table_name, table in network.node_route_tables.items():
            for node in nodes:
                if node.pod_cidr is None:
                    continue
                aws.ec2.Route(
                    # By names that survive scaling: a node that leaves takes its own routes and no other's.
                    pod_route(table_name, node.name),
                    route_table_id=table.id,
                    destination_cidr_block=str(node.pod_cidr),
                    # The interface, not the instance: EC2 refuses instances that have more than one.
                    network_interface_id=instances[node.name].primary_network_interface_id,
                    opts=pulumi.ResourceOptions(parent=self),
                )
        self.register_outputs({})
