"""Security groups: who keeps one from being deleted, which rules are one and the same, how many there may be.

moto deletes a group that is in use, takes rules twice when only the description differs, fails on protocols
without ports, keeps host bits, takes any description, and has its own fixed quota.
Sources: EC2 API reference (CreateSecurityGroup, DeleteSecurityGroup, AuthorizeSecurityGroupIngress,
IpPermission, IpRange, SecurityGroupRule) and its "Error codes" page; the messages about descriptions as in
terraform-provider-aws pull request 43854 and cfn-lint issue 173; VPC User Guide "Amazon VPC quotas" (rules
are counted per direction and address family), "Security group size" (a prefix list counts as its maximum number of
entries).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..cidr import network
from ..errors import AwsError
from ..pipeline import Call, Rules
from ..quotas import RULES_PER_GROUP, SECURITY_GROUPS
from ..topology import load_balancers, prefix_list_weight, security_groups

NAMES = {"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "all": "-1"}
WITH_PORTS = ("tcp", "udp", "icmp", "icmpv6")
"""Protocols whose ports (or ICMP types) count; "for all other protocols" they are left out of an
IpPermission, and are -1 in a SecurityGroupRule."""

TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
"""A group's name, its description, a rule's description."""


def protocol_name(text: Any) -> str:
    """EC2's name of a protocol: tcp, udp, icmp and icmpv6 by name, -1 for all, any other by its number."""
    lowered = str(text).lower()
    return NAMES.get(lowered, lowered)


def _group(call: Call) -> Any:
    key = call.params.get("GroupId") or call.params.get("GroupName")
    group = call.ec2.get_security_group_by_name_or_id(key, None)
    if group is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{key}' does not exist")
    return group


def _permissions(call: Call) -> list[dict[str, Any]]:
    permissions = call.params.get("IpPermissions")
    return permissions if permissions else [call.params]


def _normalise(call: Call) -> None:
    """Canonical CIDR blocks and protocols; ports -1 where the protocol has none, as moto wants numbers."""
    for permission in _permissions(call):
        if "IpProtocol" not in permission:
            continue
        name = protocol_name(permission["IpProtocol"])
        if name not in WITH_PORTS and name != "-1":
            if not name.isdigit() or int(name) > 255:
                raise AwsError(
                    "InvalidParameterValue",
                    f"Invalid value '{permission['IpProtocol']}' for IP protocol. Unknown protocol.",
                )
            permission["FromPort"] = permission["ToPort"] = -1
        elif name in ("tcp", "udp"):
            _check_ports(permission, name)
        permission["IpProtocol"] = name
        for block in permission.get("IpRanges") or []:
            block["CidrIp"] = str(network(block.get("CidrIp", ""), "cidrIp"))
        if permission.get("CidrIp"):
            permission["CidrIp"] = str(network(permission["CidrIp"], "cidrIp"))


def _check_ports(permission: dict[str, Any], name: str) -> None:
    lowest, highest = permission.get("FromPort"), permission.get("ToPort")
    if lowest is None or highest is None:
        raise AwsError(
            "InvalidParameterValue", f"Invalid value 'Must specify both from and to ports with {name.upper()}.'"
        )
    if not 0 <= int(lowest) <= int(highest) <= 65535:
        raise AwsError("InvalidParameterValue", f"Invalid {name.upper()} port range ({lowest}-{highest})")


def _check_text(text: str, what: str) -> None:
    if not TEXT.fullmatch(text):
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid {what}. Valid {what.rpartition(' ')[2]}s are strings less than 256 characters from the "
            "following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*",
        )


def _check_group_texts(call: Call) -> None:
    for key in ("GroupName", "Description"):
        text = str(call.params.get(key) or "")
        if not text.isascii():
            parameter = "GroupDescription" if key == "Description" else key
            raise AwsError(
                "InvalidParameterValue",
                f"Value ({text}) for parameter {parameter} is invalid. Character sets beyond ASCII are not supported.",
            )
        _check_text(text, f"security group {'name' if key == 'GroupName' else 'description'}")


def _described(call: Call) -> Iterator[dict[str, Any]]:
    """Whatever of a request on rules may hold a description."""
    for permission in call.params.get("IpPermissions") or []:
        for peers in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            yield from permission.get(peers) or []
    yield from call.params.get("SecurityGroupRuleDescriptions") or []
    for update in call.params.get("SecurityGroupRules") or []:
        yield update.get("SecurityGroupRule") or {}


def _check_rule_texts(call: Call) -> None:
    for each in _described(call):
        _check_text(str(each.get("Description") or ""), "rule description")


Identity = tuple[str, Any, Any, str]


def _identity(rule: Any) -> Identity:
    peer = rule.source_group.get("GroupId") or rule.cidr_ipv4 or rule.cidr_ipv6 or rule.prefix_list_id or ""
    ports = (None, None) if rule.ip_protocol == "-1" else (rule.from_port, rule.to_port)
    return (protocol_name(rule.ip_protocol), *ports, str(peer))


def _wanted(call: Call) -> list[Identity]:
    found: list[Identity] = []
    for permission in _permissions(call):
        name = permission.get("IpProtocol", "-1")
        ports = (None, None) if name == "-1" else (permission.get("FromPort"), permission.get("ToPort"))
        peers = [block.get("CidrIp") for block in permission.get("IpRanges") or []]
        peers += [block.get("CidrIpv6") for block in permission.get("Ipv6Ranges") or []]
        peers += [pair.get("GroupId") for pair in permission.get("UserIdGroupPairs") or []]
        peers += [prefixes.get("PrefixListId") for prefixes in permission.get("PrefixListIds") or []]
        peers += [permission["CidrIp"]] if permission.get("CidrIp") else []
        found += [(name, *ports, str(peer)) for peer in peers]
    return found


def _check_new_rules(call: Call) -> None:
    group, wanted = _group(call), _wanted(call)
    rules = group.ingress_rules if call.operation.endswith("Ingress") else group.egress_rules
    present = {_identity(rule) for rule in rules}
    for identity in wanted:
        if identity in present or wanted.count(identity) > 1:
            protocol, lowest, highest, peer = identity
            raise AwsError(
                "InvalidPermission.Duplicate",
                f'the specified rule "peer: {peer}, {protocol.upper()}, from port: {lowest}, to port: {highest}, '
                'ALLOW" already exists',
            )
        _check_peer(call, group, identity[3])
    limit = call.world.quotas.value(RULES_PER_GROUP)
    for family in (False, True):
        peers = [identity[3] for identity in (*present, *wanted) if (":" in identity[3]) is family]
        here = sum(prefix_list_weight(call.ec2, peer) if peer.startswith("pl-") else 1 for peer in peers)
        if here > limit:
            raise AwsError(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            )
    # The quota above is the account's own; moto's is fixed at 60.
    call.ec2._verify_group_will_respect_rule_count_limit = lambda *args, **kwargs: None


def _find_revoked(call: Call) -> None:
    """moto compares descriptions too, which are not part of a rule's identity; it is told the ids instead."""
    if call.params.get("SecurityGroupRuleIds") or not _wanted(call):
        return
    group = _group(call)
    rules = group.ingress_rules if call.operation.endswith("Ingress") else group.egress_rules
    present = {_identity(rule): rule.id for rule in rules}
    wanted = _wanted(call)
    if not set(wanted) <= set(present):
        raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
    for key in ("IpPermissions", "IpProtocol", "FromPort", "ToPort", "CidrIp"):
        call.params.pop(key, None)
    call.params["SecurityGroupRuleIds"] = [present[identity] for identity in wanted]


def _check_peer(call: Call, group: Any, peer: str) -> None:
    if not peer.startswith("sg-"):
        return
    other = call.ec2.get_security_group_from_id(peer)
    if other is None:
        raise AwsError("InvalidGroup.NotFound", f"The security group '{peer}' does not exist")
    if other.vpc_id != group.vpc_id:
        raise AwsError(
            "InvalidGroup.NotFound",
            f"You have specified two resources that belong to different networks: {group.id} and {peer}.",
        )


def _check_unused(call: Call) -> None:
    group = _group(call)
    if group.name == "default":
        raise AwsError("CannotDelete", f'the specified group: "{group.id}" name: "default" cannot be deleted by a user')
    referring = any(
        rule.source_group.get("GroupId") == group.id
        for other in security_groups(call.ec2)
        if other is not group
        for rule in (*other.ingress_rules, *other.egress_rules)
    )
    attached = any(held.id == group.id for interface in call.ec2.enis.values() for held in interface.group_set)
    balancing = any(group.id in (nlb.security_groups or []) for nlb in load_balancers(call))
    if referring or attached or balancing:
        raise AwsError("DependencyViolation", f"resource {group.id} has a dependent object")


def _check_create(call: Call) -> None:
    if call.params.get("VpcId"):
        call.ec2.get_vpc(call.params["VpcId"])
    if len(list(security_groups(call.ec2))) + 1 > call.world.quotas.value(SECURITY_GROUPS):
        raise AwsError("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")


def install(rules: Rules) -> None:
    """Install the rules on security groups."""
    authorize = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
    revoke = ("RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
    describe = ("UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress")
    rules.before("ec2", *authorize, *revoke, rule=_normalise)
    rules.before("ec2", *authorize, *describe, "ModifySecurityGroupRules", rule=_check_rule_texts)
    rules.before("ec2", *authorize, rule=_check_new_rules)
    rules.before("ec2", *revoke, rule=_find_revoked)
    rules.before("ec2", "DeleteSecurityGroup", rule=_check_unused)
    rules.before("ec2", "CreateSecurityGroup", rule=_check_group_texts)
    rules.before("ec2", "CreateSecurityGroup", rule=_check_create)
