"""What stands in the stack's VPC, by EC2's own filters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from canal_aws.preflight.destroy.owners import interface_owner, owner_of
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import (
    Connections,
    DefaultGroupRules,
    EgressOnlyGateways,
    Endpoints,
    Gateways,
    Instances,
    Interfaces,
    LoadBalancers,
    NetworkAcls,
    RouteTables,
    SecurityGroups,
    StackVpcs,
    Subnets,
    Thing,
)
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.target import tags_of
from canal_aws.stack.deployment import STACK_TAG

_YOURS = "take it away yourself: --delete never touches this kind"
_ENDED = ("deleted", "deleting", "rejected", "failed", "expired")


def stack_vpcs(asking: Asking, stack: StackFacts) -> StackVpcs:
    """The state's VPC, and one with the stack's tag that an interrupted `up` left."""
    by_tag = [{"Name": f"tag:{STACK_TAG}", "Values": [stack.name]}]
    tagged = asking.pages("ec2", "describe_vpcs", "Vpcs", Filters=by_tag)
    return StackVpcs(tuple(sorted({*stack.vpcs, *(each["VpcId"] for each in tagged)})))


def instances(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> Instances:
    """A person's, or another tool's."""
    living = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
    reservations = _in(asking, vpcs, "describe_instances", "Reservations", living)
    found = [each for reservation in reservations for each in reservation["Instances"]]
    return Instances(_things(stack, found, "instance", "InstanceId"))


def interfaces(asking: Asking, stack: StackFacts, vpcs: StackVpcs, balancers: LoadBalancers) -> Interfaces:
    """Those of the program's own instances, load balancers and NAT gateways are its own."""
    found = _in(asking, vpcs, "describe_network_interfaces", "NetworkInterfaces")
    named = [{**each, "Tags": each.get("TagSet") or ()} for each in found]
    foreign = [each for each in named if not _own_interface(stack, balancers, each)]
    return Interfaces(tuple(_interface(each) for each in foreign))


def _own_interface(stack: StackFacts, balancers: LoadBalancers, item: dict[str, Any]) -> bool:
    description = str(item.get("Description") or "")
    attachment = item.get("Attachment") or {}
    # A further interface, which somebody attached to one of the program's instances, survives it.
    attached = attachment.get("InstanceId") if not attachment.get("DeviceIndex") else None
    nat = description.removeprefix("Interface for NAT Gateway ")
    return stack.owns(item, item["NetworkInterfaceId"]) or (
        attached in stack.ids or nat in stack.ids or description in balancers.own
    )


def _interface(item: dict[str, Any]) -> Thing:
    owner = interface_owner(item)
    managed = item.get("RequesterManaged") or (item.get("InterfaceType") or "interface") != "interface"
    kept = ""
    if managed:
        kept = "AWS lets only its owner delete it"
    elif item.get("Attachment") or item.get("Status") == "in-use":
        kept = "it is attached"
    return Thing("network interface", item["NetworkInterfaceId"], owner, kept_because=kept)


def security_groups(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> SecurityGroups:
    """Each with the stack's groups that its rules meet: neither side can be deleted while such a rule stands."""
    found = _in(asking, vpcs, "describe_security_groups", "SecurityGroups")
    own = {each["GroupId"] for each in found if stack.owns(each, each["GroupId"])}
    default = {each["GroupId"] for each in found if each["GroupName"] == "default"}
    refers = {each["GroupId"]: _referred(each) for each in found}
    return SecurityGroups(
        tuple(
            Thing("security group", key, owner_of(each), each["GroupName"], detail=_meetings(key, own, refers))
            for each in found
            if (key := each["GroupId"]) not in own | default
        ),
        frozenset(own),
        frozenset(default),
    )


def _referred(group: dict[str, Any]) -> set[str]:
    rules = [*group.get("IpPermissions", ()), *group.get("IpPermissionsEgress", ())]
    return {pair["GroupId"] for rule in rules for pair in rule.get("UserIdGroupPairs", ()) if pair.get("GroupId")}


def _meetings(key: str, own: set[str], refers: dict[str, set[str]]) -> str:
    by = sorted(each for each in own if key in refers[each])
    to = sorted(own & refers[key])
    said = [f"referenced by the stack's {', '.join(by)}"] if by else []
    said += [f"refers to the stack's {', '.join(to)}"] if to else []
    return ", ".join(said)


def default_group_rules(asking: Asking, stack: StackFacts, groups: SecurityGroups) -> DefaultGroupRules:
    """The group itself goes with its VPC, but before that its rules hold the groups that they name."""
    if not groups.default:
        return DefaultGroupRules(())
    asked = [{"Name": "group-id", "Values": sorted(groups.default)}]
    found = asking.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=asked)
    return DefaultGroupRules(
        tuple(
            Thing("rule of the default security group", key, owner_of(each), detail=f"which names the stack's {peer}")
            for each in found
            if (peer := (each.get("ReferencedGroupInfo") or {}).get("GroupId")) in groups.own
            and not stack.owns(each, key := each["SecurityGroupRuleId"])
        )
    )


def network_acls(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> NetworkAcls:
    """The default one comes and goes with its VPC."""
    found = _in(asking, vpcs, "describe_network_acls", "NetworkAcls", {"Name": "default", "Values": ["false"]})
    return NetworkAcls(tuple(_acl(each) for each in found if not stack.owns(each, each["NetworkAclId"])))


def _acl(item: dict[str, Any]) -> Thing:
    owner, kept = owner_of(item), ""
    used = sorted(each["SubnetId"] for each in item.get("Associations") or ())
    if used:
        # To take it off a subnet would open that to whatever it kept out, while the stack still runs.
        kept = f"it is on {', '.join(used)}"
        first = owner.way_out or "give the subnets the VPC's default network ACL"
        owner = replace(owner, way_out=f"{first}, then --delete takes it")
    return Thing("network ACL", item["NetworkAclId"], owner, tags_of(item).get("Name", ""), kept)


def subnets(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> Subnets:
    """A person's."""
    return Subnets(_things(stack, _in(asking, vpcs, "describe_subnets", "Subnets"), "subnet", "SubnetId"))


def route_tables(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> RouteTables:
    """The main one comes and goes with its VPC."""
    found = _in(asking, vpcs, "describe_route_tables", "RouteTables")
    others = [each for each in found if not any(part.get("Main") for part in each.get("Associations", ()))]
    return RouteTables(_things(stack, others, "route table", "RouteTableId"))


def gateways(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> Gateways:
    """Internet, NAT and virtual private gateways."""
    if not vpcs.ids:
        return Gateways(())
    attached = [{"Name": "attachment.vpc-id", "Values": list(vpcs.ids)}]
    internet = asking.pages("ec2", "describe_internet_gateways", "InternetGateways", Filters=attached)
    vpn = asking.ask("ec2", "describe_vpn_gateways", Filters=attached)["VpnGateways"]
    inside = [{"Name": "vpc-id", "Values": list(vpcs.ids)}]
    nat = asking.pages("ec2", "describe_nat_gateways", "NatGateways", Filter=inside)
    return Gateways(
        _things(stack, internet, "internet gateway", "InternetGatewayId")
        + _things(stack, _living(nat), "NAT gateway", "NatGatewayId")
        + _things(stack, _living(vpn), "virtual private gateway", "VpnGatewayId")
    )


def egress_only_gateways(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> EgressOnlyGateways:
    """Of the whole Region, since EC2 filters them by tags alone."""
    if not vpcs.ids:
        return EgressOnlyGateways(())
    found = asking.pages("ec2", "describe_egress_only_internet_gateways", "EgressOnlyInternetGateways")
    here = [each for each in found if any(part.get("VpcId") in vpcs.ids for part in each.get("Attachments") or ())]
    return EgressOnlyGateways(
        _things(stack, here, "egress-only internet gateway", "EgressOnlyInternetGatewayId", kept="")
    )


def endpoints(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> Endpoints:
    """VPC endpoints."""
    found = _in(asking, vpcs, "describe_vpc_endpoints", "VpcEndpoints")
    return Endpoints(_things(stack, _living(found), "VPC endpoint", "VpcEndpointId"))


def connections(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> Connections:
    """Peering connections from either side, and attachments to transit gateways."""
    if not vpcs.ids:
        return Connections(())
    peerings: dict[str, dict[str, Any]] = {}
    for side in ("requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"):
        asked = [{"Name": side, "Values": list(vpcs.ids)}]
        for each in asking.pages("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections", Filters=asked):
            peerings[each["VpcPeeringConnectionId"]] = {**each, "State": each.get("Status", {}).get("Code")}
    attachments = _in(asking, vpcs, "describe_transit_gateway_vpc_attachments", "TransitGatewayVpcAttachments")
    return Connections(
        _things(stack, _living(list(peerings.values())), "peering connection", "VpcPeeringConnectionId")
        + _things(stack, _living(attachments), "transit-gateway attachment", "TransitGatewayAttachmentId")
    )


def _in(asking: Asking, vpcs: StackVpcs, operation: str, key: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    if not vpcs.ids:
        return []
    filters = [{"Name": "vpc-id", "Values": list(vpcs.ids)}, *more]
    return asking.pages("ec2", operation, key, Filters=filters)


def _living(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in found if str(each.get("State", "")).lower() not in _ENDED]


def _things(
    stack: StackFacts, found: list[dict[str, Any]], kind: str, key: str, kept: str = _YOURS
) -> tuple[Thing, ...]:
    return tuple(
        Thing(kind, each[key], owner_of(each), tags_of(each).get("Name", ""), kept)
        for each in found
        if not stack.owns(each, each[key])
    )
