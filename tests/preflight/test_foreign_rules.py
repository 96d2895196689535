"""What others put into a living stack's security groups and tables, as a live preflight counts it."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.target import Target
from tests.preflight.live_account import REGION, STACK, Run, live, post, tags

pytestmark = pytest.mark.component
CLOUDFRONT = "com.amazonaws.global.cloudfront.origin-facing"


@pytest.fixture
def vpc(url: str, ec2: Any) -> str:
    """A stack's VPC."""
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", "vpc"))["Vpc"]["VpcId"])


def _group(ec2: Any, vpc: str, name: str) -> str:
    """One of the stack's groups, as the provider makes it: without the rule that AWS puts into each."""
    of_stack = tags("security-group", name)
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc, TagSpecifications=of_stack)["GroupId"]
    ec2.revoke_security_group_egress(
        GroupId=made, IpPermissions=[{"IpProtocol": "-1", "IpRanges": _blocks("0.0.0.0/0")}]
    )
    return str(made)


def _blocks(*blocks: str) -> list[dict[str, str]]:
    return [{"CidrIp": block} for block in blocks]


def _open(ec2: Any, group: str, protocol: str = "tcp", port: int = 443, **peers: Any) -> None:
    permission = {"IpProtocol": protocol, "FromPort": port, "ToPort": port, **peers}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])


def _list(ec2: Any, entries: int, family: str = "IPv4") -> str:
    made = ec2.create_managed_prefix_list(PrefixListName=f"l{entries}", AddressFamily=family, MaxEntries=entries)
    return str(made["PrefixList"]["PrefixListId"])


def _run(url: str, vpc: str, **settings: Any) -> Run:
    return live(url, Target(REGION, STACK, frozenset({vpc})), **settings)


def test_foreign_rules_of_a_group_are_used_and_the_plans_own_are_planned(url: str, ec2: Any, vpc: str) -> None:
    control_plane, worker = (_group(ec2, vpc, name) for name in ("control-plane", "worker"))
    _open(ec2, worker, port=10250, UserIdGroupPairs=[{"GroupId": control_plane}])  # the plan's
    _open(ec2, worker, "-1", -1, IpRanges=_blocks("10.128.0.0/13"))  # the plan's
    _open(ec2, worker, port=30080, IpRanges=_blocks("0.0.0.0/0", "198.51.100.0/24"))
    _open(ec2, worker, port=30080, UserIdGroupPairs=[{"GroupId": control_plane}])
    ec2.authorize_security_group_ingress(
        GroupId=worker,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}],
    )
    said = _run(url, vpc).said("rules-in-groups", Outcome.OK).splitlines()
    assert f"security group control-plane ({control_plane}), inbound: 0 used + " in said[0]
    inbound = next(each for each in said if f"worker ({worker}), inbound" in each)
    assert "3 foreign rules: 0.0.0.0/0, 198.51.100.0/24, control-plane: 3 used + 5 planned = 8 of 60" in inbound
    assert any(f"worker ({worker}), outbound: 0 used + 1 planned" in each for each in said)


def test_a_group_that_others_have_filled_does_not_fit(url: str, ec2: Any, vpc: str) -> None:
    worker = _group(ec2, vpc, "worker")
    _open(ec2, worker, IpRanges=_blocks(*(f"198.51.100.{number}/32" for number in range(58))))
    run = _run(url, vpc)
    assert "58 used + 5 planned = 63 of 60" in run.said("rules-in-groups", Outcome.FAILS)
    post(url, "quota", {"service": "vpc", "code": "L-0EA8095F", "value": 100})
    assert not _run(url, vpc).said("rules-in-groups", Outcome.FAILS)


def test_a_prefix_list_in_a_group_counts_as_its_entries_or_its_weight(url: str, ec2: Any, vpc: str) -> None:
    worker, six = _group(ec2, vpc, "worker"), _list(ec2, 6)
    named = [{"Name": "prefix-list-name", "Values": [CLOUDFRONT]}]
    (edges,) = ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    _open(ec2, worker, port=80, PrefixListIds=[{"PrefixListId": six}])
    said = _run(url, vpc).said("rules-in-groups", Outcome.OK)
    assert f"1 foreign rules: {six} (l6, counts as 6): 6 used + 5 planned" in said
    post(url, "quota", {"service": "vpc", "code": "L-0EA8095F", "value": 65})
    _open(ec2, worker, PrefixListIds=[{"PrefixListId": edges["PrefixListId"]}])
    assert "61 used + 5 planned = 66 of 65" in _run(url, vpc).said("rules-in-groups", Outcome.FAILS)


def test_a_prefix_list_in_a_table_counts_as_its_entries(url: str, ec2: Any, vpc: str) -> None:
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table", "nodes"))["RouteTable"][
        "RouteTableId"
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    counted, ipv6 = _list(ec2, 20), _list(ec2, 30, "IPv6")
    for each in (counted, ipv6):
        ec2.create_route(RouteTableId=table, DestinationPrefixListId=each, GatewayId=gateway)
    run = _run(url, vpc)
    said = run.said("routes-in-tables", Outcome.OK)
    assert f"2 foreign routes: {counted} (l20, counts as 20), {ipv6} (l30, IPv6)" in said
    assert "22 used + 7 planned" in said
    assert run.made["ec2:DescribeManagedPrefixLists"] == 1


def test_prefix_lists_that_may_not_be_asked_about_leave_no_pass(url: str, ec2: Any, vpc: str) -> None:
    worker = _group(ec2, vpc, "worker")
    assert "ec2:DescribeManagedPrefixLists" not in _run(url, vpc).made
    _open(ec2, worker, PrefixListIds=[{"PrefixListId": _list(ec2, 2)}])
    post(url, "deny", {"actions": ["ec2:DescribeManagedPrefixLists"]})
    run = _run(url, vpc)
    assert run.unchecked == {"rules-in-groups"}
    assert "ec2:DescribeManagedPrefixLists" in run.said("rules-in-groups", Outcome.UNCHECKED)


def test_groups_that_may_not_be_seen_leave_the_tables_checked(url: str, vpc: str) -> None:
    post(url, "deny", {"actions": ["ec2:DescribeSecurityGroups"]})
    assert _run(url, vpc).unchecked == {"rules-in-groups", "security-groups"}
    post(url, "deny", {"actions": ["ec2:DescribeRouteTables"]})
    assert "rules-in-groups" not in _run(url, vpc).unchecked
