"""The VPC: a subnet for nodes and one for the edge in each zone, gateways, and route tables with their fixed routes."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from canal_aws.addressing import AddressPlan, ZonePlan

_ANYWHERE = "0.0.0.0/0"
# Where the cloud controller manager may put load balancers (kubernetes/cloud-provider-aws, pkg/providers/v1/aws.go,
# TagNameSubnetPublicELB and TagNameSubnetInternalELB): on the edge, since they take any free address of their subnet.
_LOAD_BALANCERS_STAND_HERE = {"kubernetes.io/role/elb": "1", "kubernetes.io/role/internal-elb": "1"}


class Network(pulumi.ComponentResource):
    """VPC, subnets by zone name, and the route tables of the nodes' subnets by the plan's table names.

    `kept_tags` are those by which the next `up` knows what it cannot change. `cluster_tags` are those by which a cloud controller manager knows what is its cluster's.
    """

    vpc_id: pulumi.Output[str]
    node_subnets: Mapping[str, aws.ec2.Subnet]
    edge_subnets: Mapping[str, aws.ec2.Subnet]
    node_route_tables: Mapping[str, aws.ec2.RouteTable]
    #: What nodes need before they can reach the internet at boot, and what the edge needs to be reached from it.
    ways_out: list[pulumi.Resource]
    edge_ways_out: list[pulumi.Resource]

    def __init__(
        self,
        name: str,
        plan: AddressPlan,
        topology: str,
        kept_tags: Mapping[str, str],
        cluster_tags: Mapping[str, str] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("canal-aws:infra:Network", name, None, opts)
        self._edge_tags = {**cluster_tags, **_LOAD_BALANCERS_STAND_HERE} if cluster_tags else None
        self._child = pulumi.ResourceOptions(parent=self)
        self._public = topology == "public"
        vpc = aws.ec2.Vpc(
            "vpc",
            cidr_block=str(plan.vpc_cidr),
            enable_dns_hostnames=True,  # the load balancers' names resolve inside the VPC only with both
            enable_dns_support=True,
            tags=dict(kept_tags),
            opts=self._child,
        )
        self.vpc_id = vpc.id
        self._gateway = aws.ec2.InternetGateway("internet-gateway", vpc_id=vpc.id, opts=self._child)
        edge_table = self._table("edge")
        self.edge_ways_out, self.ways_out = [self._gateway_route("edge", edge_table)], []
        self.edge_subnets = {zone.name: self._edge_subnet(zone, edge_table) for zone in plan.edges}
        self.node_subnets = {zone.name: self._node_subnet(zone) for zone in plan.zones}
        self.node_route_tables = {}
        for planned in plan.route_tables:
            table = self._table(planned.name)
            self.node_route_tables[planned.name] = table
            if planned.nat_zone:
                way_out = self._nat_route(planned.name, table, planned.nat_zone)
            else:
                way_out = self._gateway_route(planned.name, table)
            self.ways_out.append(way_out)
            for zone_name in planned.zones:
                association = aws.ec2.RouteTableAssociation(
                    f"nodes-{zone_name[-1]}",
                    subnet_id=self.node_subnets[zone_name].id,
                    route_table_id=table.id,
                    # Where natGateways changes, nodes run in the subnet: it leaves a table that leads out only for
                    # another that does.
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[way_out]),
                )
                self.ways_out.append(association)
        self.register_outputs({"vpcId": vpc.id})

    def _table(self, name: str) -> aws.ec2.RouteTable:
        return aws.ec2.RouteTable(name, vpc_id=self.vpc_id, opts=self._child)

    def _gateway_route(self, name: str, table: aws.ec2.RouteTable) -> aws.ec2.Route:
        return aws.ec2.Route(
            f"{name}-default",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=self._gateway.id,
            opts=self._child,
        )

    def _edge_subnet(self, zone: ZonePlan, table: aws.ec2.RouteTable) -> aws.ec2.Subnet:
        subnet = aws.ec2.Subnet(
            f"edge-{zone.letter}",
            vpc_id=self.vpc_id,
            cidr_block=str(zone.edge),
            availability_zone=zone.name,
            tags=self._edge_tags,
            opts=self._child,
        )
        aws.ec2.RouteTableAssociation(
            f"edge-{zone.letter}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )
        return subnet

    def _node_subnet(self, zone: ZonePlan) -> aws.ec2.Subnet:
        return aws.ec2.Subnet(
            f"nodes-{zone.letter}",
            vpc_id=self.vpc_id,
            cidr_block=str(zone.nodes),
            availability_zone=zone.name,
            map_public_ip_on_launch=self._public,
            opts=self._child,
        )

    def _nat_route(self, name: str, table: aws.ec2.RouteTable, zone: str) -> aws.ec2.Route:
        """A table's way out, with a gateway named for its zone: a zone that comes later does not change it."""
        nat = f"nat-{zone[-1]}"
        address = aws.ec2.Eip(nat, domain="vpc", opts=pulumi.ResourceOptions(parent=self, depends_on=[self._gateway]))
        gateway = aws.ec2.NatGateway(
            nat,
            allocation_id=address.id,
            subnet_id=self.edge_subnets[zone].id,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._gateway]),
        )
        return aws.ec2.Route(
            f"{name}-default",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            nat_gateway_id=gateway.id,
            opts=self._child,
        )
