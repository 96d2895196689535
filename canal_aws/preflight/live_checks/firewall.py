"""The rules that stand in the stack's security groups."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.firewall_rules import rules_of
from canal_aws.preflight.findings import Finding
from canal_aws.preflight.limits import Limits
from canal_aws.preflight.live.group_rules import foreign_peers
from canal_aws.preflight.live.inventory import SecurityGroups
from canal_aws.preflight.live.prefix_lists import GroupsLists
from canal_aws.preflight.live.table_routes import named
from canal_aws.preflight.live.target import Target, tags_of
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check
from canal_aws.stack.deployment import NAME_TAG


@check("rules-in-groups", group="firewall", quotas=("L-0EA8095F",), source="VPC User Guide, Security group size")
def rules_fit_the_groups_there(
    plan: Plan, target: Target, groups: SecurityGroups, lists: GroupsLists, limits: Limits
) -> Iterator[Finding]:
    """Rules that others put into the stack's security groups (a cloud controller, a person) and the plan's fit, in each direction."""
    planned = rules_of(plan.settings)
    own = {str(group["GroupId"]): group for group in groups.items if target.owns(group)}
    names = {key: tags_of(group).get(NAME_TAG, key) for key, group in own.items()}
    for key, group in own.items():
        for egress in (False, True):
            count = sum(rule.group.value == names[key] and rule.egress is egress for rule in planned)
            others = foreign_peers(planned, group, names[key], names, egress)
            subject = f"security group {names[key]} ({key}), {'outbound' if egress else 'inbound'}"
            if others:
                subject += f", {len(others)} foreign rules: {named([lists.named(each) for each in others])}"
            used = sum(lists.count(each) for each in others)
            yield limits.grade("L-0EA8095F", subject, used, count, "revoke foreign rules, or join their CIDR blocks")
