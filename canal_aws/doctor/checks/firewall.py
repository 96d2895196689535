"""The security groups' rules against those that the architecture needs."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.doctor import repairs
from canal_aws.doctor.vpc import SecurityGroups, SeenRule, SeenRules
from canal_aws.doctor.wanted import Wanted
from canal_aws.firewall_rules import NODE_GROUPS, Key
from canal_aws.preflight.findings import Finding, fails, ok
from canal_aws.preflight.registry import check

# kubernetes/cloud-provider-aws, pkg/providers/v1/aws_loadbalancer.go: NLBClientRuleDescription and its siblings.
_CONTROLLERS_RULES = "kubernetes.io/rule/nlb/"


@check(
    "security-group-rules-as-planned",
    group="firewall",
    source="canal_aws.firewall_rules; EC2 API Reference, DescribeSecurityGroupRules",
)
def security_group_rules(wanted: Wanted, groups: SecurityGroups, seen: SeenRules) -> Iterator[Finding]:
    """The stack's security groups hold the rules that the architecture needs, and no others."""
    there = {rule.key for rule in seen.items}
    needed = {rule.key: rule for rule in wanted.rules}
    for group in wanted.groups:
        if group.value not in groups.ids:
            yield fails(f"security group {group.value}: not there, and none of its rules", repairs.UP)
    for key, lacking in needed.items():
        if key not in there and lacking.group.value in groups.ids:
            title = f"{lacking.traffic.description}: {described(key)}"
            yield fails(f"missing rule, {title}", repairs.UP)
    foreign = [rule for rule in seen.items if rule.key not in needed and not _of_a_controller(rule, wanted, groups)]
    for rule in foreign:
        direction = "egress" if rule.key[1] else "ingress"
        yield fails(
            f"foreign rule {rule.id}, {described(rule.key)}" + (f" ({rule.description})" if rule.description else ""),
            f"`aws ec2 revoke-security-group-{direction} --group-id {rule.group_id} --security-group-rule-ids {rule.id}`",
        )
    yield ok(f"{len(there & needed.keys())} of {len(needed)} rules are there")


def described(key: Key) -> str:
    """A rule in words: worker from 10.0.0.0/8: tcp 22."""
    group, egress, protocol, first, last, peer = key
    what = "everything" if protocol == "-1" else f"protocol {protocol}" if protocol.isdigit() else protocol
    if first >= 0:
        what += f" {first}" if first == last else f" {first}-{last}"
    return f"{group} {'to' if egress else 'from'} {peer}: {what}"


def _of_a_controller(rule: SeenRule, wanted: Wanted, groups: SecurityGroups) -> bool:
    """The cloud controller manager opens the nodes' groups to its load balancers, by CIDR or by their groups."""
    if not wanted.settings.cloud_controller_manager or rule.key[0] not in {group.value for group in NODE_GROUPS}:
        return False
    return rule.description.startswith(_CONTROLLERS_RULES) or rule.key[5] in groups.controllers
