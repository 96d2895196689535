"""Routes: what CreateRoute and its kin refuse, and when a route is a blackhole.

moto takes any number of routes, destinations inside the VPC, with host bits, prefix lists that are not there, and
for network interfaces the same one twice; it lets targets of other VPCs in, and shows every route as active whatever became of its
target.
Sources: EC2 API reference (CreateRoute, Route), VPC User Guide "Route tables" and "Amazon VPC quotas"; the
wording of messages as reported in terraform-provider-aws issues 23866 (local route) and in users' logs.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.models.route_tables import Route

from ..cidr import network
from ..errors import AwsError, dependency_violation, invalid_parameter
from ..pipeline import Call, Rules
from ..quotas import ROUTE_TABLES_PER_VPC, ROUTES_PER_TABLE
from ..topology import prefix_list_weight, vpc_networks

TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "InstanceId",
    "VpcPeeringConnectionId",
    "TransitGatewayId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "VpcEndpointId",
    "CoreNetworkArn",
)


class WatchedRoute(Route):  # type: ignore[misc]
    """A route that looks at its target whenever it is described, as AWS does."""

    @property
    def _holder(self) -> Any | None:
        return self.interface.instance if self.interface is not None else None

    @property
    def instance_id(self) -> str | None:
        return self._holder.id if self._holder is not None and self.state == "active" else None

    @property
    def instance_owner_id(self) -> str | None:
        return self.route_table.owner_id if self.instance_id is not None else None

    @property
    def state(self) -> str:
        """`blackhole` when the target is not available: "the specified gateway isn't attached to the VPC, or
        the specified NAT instance has been terminated" (API reference, Route)."""
        return "active" if self.local or self._target_available() else "blackhole"

    def _target_available(self) -> bool:
        ec2 = self.route_table.ec2_backend
        if self.interface is not None:
            if self.interface.id not in ec2.enis:
                return False
            if self._holder is None:
                return any(gateway._eni is self.interface for gateway in ec2.nat_gateways.values())
            return self._holder.state in ("pending", "running")
        if self.nat_gateway is not None:
            return self.nat_gateway.state in ("pending", "available")
        vpc = getattr(self.gateway, "vpc", None)
        return self.gateway is None or (vpc is not None and vpc.id == self.route_table.vpc_id)


def _canonical(call: Call) -> None:
    destination = call.params.get("DestinationCidrBlock")
    if destination is not None:
        call.params["DestinationCidrBlock"] = str(network(destination, "destinationCidrBlock"))


def _check_target(call: Call) -> None:
    """Exactly one target, that exists, in the table's own VPC."""
    params, ec2 = call.params, call.ec2
    named = [target for target in TARGETS if params.get(target)]
    if not named:
        raise AwsError(
            "MissingParameter",
            "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
            "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, localGatewayId, "
            "carrierGatewayId, instanceId or coreNetworkArn",
        )
    if len(named) > 1:
        raise AwsError("InvalidParameterCombination", f"Only one target is allowed, not {', '.join(named)}.")
    table = ec2.get_route_table(params["RouteTableId"])
    if "InstanceId" in named:
        instance = ec2.get_instance(params.pop("InstanceId"))
        if len(instance.nics) != 1:
            raise AwsError("InvalidInstanceID", f"There are multiple interfaces attached to {instance.id}.")
        params["NetworkInterfaceId"] = instance.nics[0].id
    if params.get("NetworkInterfaceId"):
        interface = ec2.get_network_interface(params["NetworkInterfaceId"])
        if interface.vpc_id != table.vpc_id:
            raise _foreign(table, f"interface {interface.id}")
    elif "NatGatewayId" in named:
        gateway = ec2.nat_gateways.get(params["NatGatewayId"])
        if gateway is None or gateway.state == "deleted":
            raise AwsError(
                "InvalidNatGatewayID.NotFound", f"The natGateway ID '{params['NatGatewayId']}' does not exist"
            )
        if gateway.vpc_id != table.vpc_id:
            raise _foreign(table, f"NAT gateway {gateway.id}")
    elif str(params.get("GatewayId", "")).startswith("igw-"):
        igw = ec2.get_internet_gateway(params["GatewayId"])
        if igw.vpc is None or igw.vpc.id != table.vpc_id:
            raise _foreign(table, f"network gateway {igw.id}")


def _foreign(table: Any, what: str) -> AwsError:
    return invalid_parameter(f"route table {table.id} and {what} belong to different networks")


def _check_destination(call: Call) -> None:
    """Not there yet, not inside the VPC unless it is one of its subnets, and within the quota.

    Whether AWS takes the same route a second time when the target is the same too is reported both ways;
    here it is always refused, which is the stricter of the two.
    """
    table = call.ec2.get_route_table(call.params["RouteTableId"])
    text = call.params.get("DestinationCidrBlock")
    if text is not None:
        destination = network(text, "destinationCidrBlock")
        if any(route.destination_cidr_block == text for route in table.routes):
            raise AwsError("RouteAlreadyExists", f"The route identified by {text} already exists.")
        if any(destination.subnet_of(block) for block in vpc_networks(call.ec2, table.vpc_id)):
            _check_inside(call, table.vpc_id, text)
    listed = call.params.get("DestinationPrefixListId")
    present = (route.destination_prefix_list_id for route in table.routes)
    if sum(_weight(call, each) for each in (*present, listed)) > call.world.quotas.value(ROUTES_PER_TABLE):
        raise AwsError("RouteLimitExceeded", "The maximum number of routes has been reached.")


def _weight(call: Call, prefix_list: str | None) -> int:
    return prefix_list_weight(call.ec2, prefix_list) if prefix_list else 1


def _check_inside(call: Call, vpc_id: str, destination: str) -> None:
    if not call.params.get("NetworkInterfaceId"):
        raise invalid_parameter(
            f"The destination CIDR block {destination} is equal to or more specific than one of this VPC's CIDR "
            "blocks. This route can target only an interface or an instance."
        )
    blocks = {
        str(subnet.cidr_block)
        for zone in call.ec2.subnets.values()
        for subnet in zone.values()
        if subnet.vpc_id == vpc_id
    }
    if destination not in blocks:
        raise invalid_parameter(
            f"The destination CIDR block {destination} is more specific than one of this VPC's CIDR blocks and "
            "must equal the CIDR block of a subnet."
        )


def _watch(call: Call, result: Any) -> None:
    for route in call.ec2.get_route_table(call.params["RouteTableId"]).routes:
        if type(route) is Route:
            # The same object: moto's table and its own lookups keep referring to it.
            route.__class__ = WatchedRoute


def _keep_local(call: Call) -> None:
    table = call.ec2.get_route_table(call.params["RouteTableId"])
    for route in table.routes:
        if route.local and route.destination_cidr_block == call.params.get("DestinationCidrBlock"):
            raise invalid_parameter(
                f"cannot remove local route {route.destination_cidr_block} in route table {table.id}"
            )


def _check_table_quota(call: Call) -> None:
    ec2, vpc_id = call.ec2, call.params.get("VpcId")
    tables = [table for table in ec2.route_tables.values() if table.vpc_id == vpc_id]
    if len(tables) + 1 > call.world.quotas.value(ROUTE_TABLES_PER_VPC):
        raise AwsError("RouteTableLimitExceeded", "The maximum number of route tables has been reached.")


def _keep_main_table(call: Call) -> None:
    table = call.ec2.get_route_table(call.params["RouteTableId"])
    if table.main_association_id is not None:
        raise dependency_violation(f"routeTable '{table.id}'")


def _check_association(call: Call) -> None:
    """A subnet has one association; moto answers a second one with the first, whatever table was asked for."""
    ec2, subnet_id = call.ec2, call.params.get("SubnetId")
    if subnet_id is None:
        return
    table = ec2.get_route_table(call.params["RouteTableId"])
    if ec2.get_subnet(subnet_id).vpc_id != table.vpc_id:
        raise invalid_parameter(f"Route table {table.id} and subnet {subnet_id} belong to different networks")
    for other in ec2.route_tables.values():
        if other is not table and subnet_id in other._associations.values():
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table.id} conflicts with an existing association",
            )


def install(rules: Rules) -> None:
    """Install the rules on routes, tables and their associations."""
    for check in (_canonical, _check_target, _check_destination):
        rules.before("ec2", "CreateRoute", rule=check)
    rules.before("ec2", "ReplaceRoute", rule=_check_target)
    rules.after("ec2", "CreateRoute", "ReplaceRoute", rule=_watch)
    rules.before("ec2", "DeleteRoute", rule=_keep_local)
    rules.before("ec2", "CreateRouteTable", rule=_check_table_quota)
    rules.before("ec2", "DeleteRouteTable", rule=_keep_main_table)
    rules.before("ec2", "AssociateRouteTable", rule=_check_association)
