"""The prefix lists that the stack's own tables and security groups refer to, and how much each counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from canal_aws.prefix_lists import weight
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.inventory import RouteTables, SecurityGroups
from canal_aws.preflight.live.target import Target

_PAGE = 100  # the most that a page takes (EC2 API Reference)


@dataclass(frozen=True)
class PrefixList:
    """`weight` is how many routes or rules it counts as."""

    name: str
    weight: int
    ipv6: bool


@dataclass(frozen=True)
class PrefixLists:
    """ec2:DescribeManagedPrefixLists, by id: those that the stack's tables, or its groups, refer to."""

    by_id: Mapping[str, PrefixList]

    def count(self, destination: str) -> int:
        """How many IPv4 routes or rules a CIDR block, a security group or a prefix list is; IPv6 has quotas of its own."""
        found = self.by_id.get(destination)
        return 1 if found is None else 0 if found.ipv6 else found.weight

    def named(self, destination: str) -> str:
        """A destination as findings show it."""
        found = self.by_id.get(destination)
        if found is None:
            return destination
        return f"{destination} ({found.name}, {'IPv6' if found.ipv6 else f'counts as {found.weight}'})"


@dataclass(frozen=True)
class TablesLists(PrefixLists):
    """Those of the tables."""


@dataclass(frozen=True)
class GroupsLists(PrefixLists):
    """Those of the groups: facts apart, so that a call that fails does not take the others' checks with it."""


def tables_lists(asking: Asking, target: Target, tables: RouteTables) -> TablesLists:
    """Nobody is asked where no route refers to one."""
    routes = (route for table in tables.items if target.owns(table) for route in table.get("Routes") or ())
    return TablesLists(_described(asking, (route.get("DestinationPrefixListId") for route in routes)))


def groups_lists(asking: Asking, target: Target, groups: SecurityGroups) -> GroupsLists:
    """Nobody is asked where no rule refers to one."""
    permissions = (
        permission
        for group in groups.items
        if target.owns(group)
        for permission in (*(group.get("IpPermissions") or ()), *(group.get("IpPermissionsEgress") or ()))
    )
    rules = (rule for permission in permissions for rule in permission.get("PrefixListIds") or ())
    return GroupsLists(_described(asking, (rule["PrefixListId"] for rule in rules)))


def _described(asking: Asking, keys: Iterable[str | None]) -> dict[str, PrefixList]:
    wanted = sorted({key for key in keys if key})
    if not wanted:
        return {}
    # By filter: one that is no longer shared with the account would fail the whole call.
    filters = [{"Name": "prefix-list-id", "Values": wanted}]
    found = asking.pages("ec2", "describe_managed_prefix_lists", "PrefixLists", Filters=filters, MaxResults=_PAGE)
    return {
        str(each["PrefixListId"]): PrefixList(
            str(each["PrefixListName"]),
            weight(str(each["PrefixListName"]), each.get("MaxEntries")),
            each.get("AddressFamily") == "IPv6",
        )
        for each in found
    }
