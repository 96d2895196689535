"""The rules of one of the stack's security groups: which of them the plan does not make.

VPC User Guide, "Security group rules", security group size: each CIDR block, referenced group and prefix list of a
permission is a rule. The plan's are all IPv4; IPv6 blocks have a quota of their own ("Amazon VPC quotas").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from canal_aws.firewall_rules import Key, Rule, ports_of

_PEERS = (("IpRanges", "CidrIp"), ("UserIdGroupPairs", "GroupId"), ("PrefixListIds", "PrefixListId"))


def foreign_peers(
    planned: Iterable[Rule], group: Mapping[str, Any], name: str, names: Mapping[str, str], egress: bool
) -> list[str]:
    """From where, or to where, rules of one direction lead that are not `planned`: one a rule, in their order.

    `name` is the group's in the plan; `names` has those of the stack's groups by id. A rule that the next `up` takes
    away is among them: it makes new ones first.
    """
    wanted = {rule.key for rule in planned}
    return [key[5] for key in _keys(group, name, names, egress) if key not in wanted]


def _keys(group: Mapping[str, Any], name: str, names: Mapping[str, str], egress: bool) -> Iterator[Key]:
    for permission in group.get("IpPermissionsEgress" if egress else "IpPermissions") or ():
        protocol, ports = str(permission["IpProtocol"]), ports_of(permission)
        for kind, key in _PEERS:
            for peer in permission.get(kind) or ():
                yield name, egress, protocol, *ports, names.get(str(peer[key]), str(peer[key]))
