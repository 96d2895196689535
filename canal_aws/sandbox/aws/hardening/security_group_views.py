"""How rules of security groups are shown.

AWS omits ports from an IpPermission of a protocol that has none, and shows them as -1 in a
SecurityGroupRule; it gives descriptions to rules that refer to groups too. moto shows whatever was sent, or
nothing.
Source: EC2 API reference (IpPermission, SecurityGroupRule); the -1 is what terraform-provider-aws propagates
as null.
"""

from __future__ import annotations

from typing import Any

from ..pipeline import Call, Rules
from .security_groups import WITH_PORTS, protocol_name


def _rule(rule: Any, region: str) -> dict[str, Any]:
    with_ports = protocol_name(rule.ip_protocol) in WITH_PORTS
    reference = rule.source_group or None
    shown: dict[str, Any] = {
        "SecurityGroupRuleId": rule.id,
        "SecurityGroupRuleArn": f"arn:aws:ec2:{region}:{rule.owner_id}:security-group-rule/{rule.id}",
        "GroupId": rule.group_id,
        "GroupOwnerId": rule.owner_id,
        "IsEgress": rule.is_egress,
        "IpProtocol": protocol_name(rule.ip_protocol),
        "FromPort": rule.from_port if with_ports else -1,
        "ToPort": rule.to_port if with_ports else -1,
        "CidrIpv4": rule.cidr_ipv4,
        "CidrIpv6": rule.cidr_ipv6,
        "PrefixListId": rule.prefix_list_id,
        "Description": rule.description or (reference or {}).get("Description"),
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in rule.get_tags()],
    }
    if reference is not None:
        shown["ReferencedGroupInfo"] = {"GroupId": reference["GroupId"], "UserId": rule.owner_id}
    return {key: value for key, value in shown.items() if value is not None}


def _permission(view: Any) -> dict[str, Any]:
    shown = {
        "IpProtocol": view.ip_protocol,
        "IpRanges": view.ip_ranges,
        "Ipv6Ranges": view.ipv6_ranges,
        "PrefixListIds": view.prefix_list_ids,
        "UserIdGroupPairs": [
            {key: pair[key] for key in ("GroupId", "UserId", "Description") if key in pair}
            for pair in view.user_id_group_pairs
        ],
    }
    if protocol_name(view.ip_protocol) in WITH_PORTS:
        shown |= {"FromPort": view.from_port, "ToPort": view.to_port}
    return shown


def _group(group: Any) -> dict[str, Any]:
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.owner_id,
        "VpcId": group.vpc_id,
        "SecurityGroupArn": group.arn,
        "IpPermissions": [_permission(view) for view in group.ip_permissions],
        "IpPermissionsEgress": [_permission(view) for view in group.ip_permissions_egress],
        "Tags": [{"Key": tag["key"], "Value": tag["value"]} for tag in group.get_tags()],
    }


def _show_rules(call: Call, result: Any) -> Any:
    return {**result, "SecurityGroupRules": [_rule(rule, call.region) for rule in result["SecurityGroupRules"]]}


def _show_groups(call: Call, result: Any) -> Any:
    return {**result, "SecurityGroups": [_group(group) for group in result["SecurityGroups"]]}


def install(rules: Rules) -> None:
    """Install the views; after paging has cut the list, so that only what is sent is built."""
    rules.after(
        "ec2",
        "AuthorizeSecurityGroupIngress",
        "AuthorizeSecurityGroupEgress",
        "DescribeSecurityGroupRules",
        rule=_show_rules,
    )
    rules.after("ec2", "DescribeSecurityGroups", rule=_show_groups)
