"""NAT gateways and Elastic IPs.

moto's NAT gateway is available at once, even without an internet gateway; deleted, it keeps its network
interface and its Elastic IP for ever. An Elastic IP in use can be released. There are no quotas.
Sources: EC2 API reference (CreateNatGateway, NatGateway, ReleaseAddress), VPC User Guide "Troubleshoot NAT
gateways".
"""

from __future__ import annotations

from typing import Any

from moto.ec2.utils import is_filter_matching

from ..addresses import private_address, public_address
from ..errors import AwsError, invalid_parameter, not_modelled
from ..pipeline import Call, Rules
from ..quotas import ELASTIC_IPS, NAT_GATEWAYS_PER_ZONE
from ..timeline import NAT_GATEWAY_CHANGE
from ..topology import internet_gateway, nat_gateways


def _known(call: Call) -> Any:
    gateway = call.ec2.nat_gateways.get(call.params.get("NatGatewayId"))
    if gateway is None:
        raise AwsError("NatGatewayNotFound", f"NAT gateway {call.params.get('NatGatewayId')} was not found")
    return gateway


def _check_create(call: Call) -> None:
    subnet = call.ec2.get_subnet(call.params.get("SubnetId"))
    # moto leaves it out of its answers where the request does.
    public = call.params.setdefault("ConnectivityType", "public") == "public"
    if public and not call.params.get("AllocationId"):
        raise AwsError("MissingParameter", "The request must contain the parameter AllocationId")
    same_zone = [
        gateway
        for gateway in nat_gateways(call.ec2)
        if call.ec2.get_subnet(gateway.subnet_id).availability_zone == subnet.availability_zone
    ]
    limit = call.world.quotas.value(NAT_GATEWAYS_PER_ZONE)
    if len(same_zone) + 1 > limit:
        raise AwsError(
            "NatGatewayLimitExceeded",
            f"Performing this operation would exceed the limit of {limit:.0f} NAT gateways",
        )
    if public:
        address = call.ec2.address_by_allocation([call.params["AllocationId"]])[0]
        if address.association_id:
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{address.allocation_id}] is already associated",
            )


def _come_up(call: Call, result: Any) -> None:
    gateway, ec2 = result["NatGateway"], call.ec2
    gateway.state = "pending"
    _move_into_subnet(ec2, gateway)

    def finish() -> None:
        if gateway.state != "pending":
            return
        public = gateway.connectivity_type == "public"
        if public and internet_gateway(ec2, gateway.vpc_id) is None:
            gateway.state = "failed"
            gateway.failure_code = "Gateway.NotAttached"
            gateway.failure_message = f"Network {gateway.vpc_id} has no Internet gateway attached"
            _let_go(ec2, gateway)
        else:
            gateway.state = "available"

    call.world.timeline.after(NAT_GATEWAY_CHANGE, finish)


def _move_into_subnet(ec2: Any, gateway: Any) -> None:
    """moto gives it an address of 10.0.0.0/8, wherever its subnet is."""
    interface = gateway._eni
    address = private_address(ec2, interface.subnet)
    if address is None:
        return
    interface.private_ip_address = address
    interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
    for held in gateway.address_set:
        held["privateIp"] = address


def _let_go(ec2: Any, gateway: Any) -> None:
    for address in ec2.addresses:
        if address.eni is gateway._eni:
            ec2.disassociate_address(address=address.public_ip)
    ec2.enis.pop(gateway._eni.id, None)


def _check_exists(call: Call) -> None:
    _known(call)


def _go_away(call: Call, result: Any) -> None:
    gateway, ec2 = _known(call), call.ec2
    gateway.state = "deleting"

    def finish() -> None:
        gateway.state = "deleted"
        _let_go(ec2, gateway)

    call.world.timeline.after(NAT_GATEWAY_CHANGE, finish)


def _filter_by_tags(call: Call, result: Any) -> Any:
    """moto ignores every filter that it does not know, those on tags among them."""
    gateways = result["NatGateways"]
    asked = call.params.get("Filter") or call.params.get("Filters") or []
    known = ("nat-gateway-id", "vpc-id", "subnet-id", "state")
    filters = {each["Name"]: each.get("Values") or [] for each in asked}
    for name in set(filters) - set(known):
        if name != "tag-key" and not name.startswith("tag:"):
            raise not_modelled("ec2", "DescribeNatGateways", f"the filter {name}")
        gateways = [gateway for gateway in gateways if is_filter_matching(gateway, name, filters[name])]
    return {**result, "NatGateways": gateways}


def _own_public_address(call: Call, result: Any) -> Any:
    (address,) = call.ec2.address_by_allocation([result["AllocationId"]])
    address.public_ip = public_address(call.ec2)
    return {**result, "PublicIp": address.public_ip}


def _check_described(call: Call) -> None:
    unknown = [key for key in call.params.get("NatGatewayIds") or [] if key not in call.ec2.nat_gateways]
    if unknown:
        raise AwsError("NatGatewayNotFound", f"NAT gateway {unknown[0]} was not found")


def _check_address_quota(call: Call) -> None:
    if len(call.ec2.addresses) + 1 > call.world.quotas.value(ELASTIC_IPS):
        raise AwsError("AddressLimitExceeded", "The maximum number of addresses has been reached.")


def _check_release(call: Call) -> None:
    allocation = call.params.get("AllocationId")
    if allocation is None:
        raise invalid_parameter("You must specify an allocation id when releasing a VPC elastic IP address")
    address = call.ec2.address_by_allocation([allocation])[0]
    if address.association_id:
        raise AwsError("InvalidIPAddress.InUse", f"Address {address.public_ip} is in use.")


def install(rules: Rules) -> None:
    """Install the rules on NAT gateways and Elastic IPs."""
    rules.before("ec2", "CreateNatGateway", rule=_check_create)
    rules.after("ec2", "CreateNatGateway", rule=_come_up)
    rules.before("ec2", "DeleteNatGateway", rule=_check_exists)
    rules.after("ec2", "DeleteNatGateway", rule=_go_away)
    rules.before("ec2", "DescribeNatGateways", rule=_check_described)
    rules.after("ec2", "DescribeNatGateways", rule=_filter_by_tags)
    rules.after("ec2", "AllocateAddress", rule=_own_public_address)
    rules.before("ec2", "AllocateAddress", rule=_check_address_quota)
    rules.before("ec2", "ReleaseAddress", rule=_check_release)
