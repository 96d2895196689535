"""What blocks `pulumi destroy` without being looked for first: rules of the default group, network ACLs, egress-only gateways."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from canal_aws.preflight.destroy.run import look, things_of
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking

from .conftest import Account
from .test_destroy import run, said, tear_down

pytestmark = pytest.mark.component
SSH: dict[str, Any] = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}


def _let_in(account: Account, group: str, **peers: Any) -> str:
    permissions = [{**SSH, **peers}]
    made = account.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _let_out(account: Account, group: str, to: str) -> str:
    permissions = [{**SSH, "UserIdGroupPairs": [{"GroupId": to}]}]
    made = account.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permissions)
    return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _rules(account: Account, group: str) -> set[str]:
    asked = [{"Name": "group-id", "Values": [group]}]
    return {
        each["SecurityGroupRuleId"]
        for each in account.ec2.describe_security_group_rules(Filters=asked)["SecurityGroupRules"]
    }


def test_the_default_groups_rules_that_name_the_stacks_groups_go_and_no_others(account: Account) -> None:
    default = account.default_group()
    left = _rules(account, default) | {
        _let_in(account, default, IpRanges=[{"CidrIp": "192.0.2.0/24"}]),
        _let_in(account, default, UserIdGroupPairs=[{"GroupId": default}]),
    }
    # The other way round holds nothing: a rule goes with its group.
    stays = _let_in(account, account.group, UserIdGroupPairs=[{"GroupId": default}])
    blocking = {
        _let_in(account, default, UserIdGroupPairs=[{"GroupId": account.group}]),
        _let_out(account, default, account.group),
    }
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.delete_security_group(GroupId=account.group)
    report, _ = run(account)
    assert [check.name for check, _ in report.of(Outcome.FAILS)] == ["default-group-rules"] * 2
    assert all(each in said(report) for each in (*blocking, account.group))
    report, asked = run(account, delete=True)
    assert asked == ["Delete these 2?"]
    assert report.exit_status(strict=True) == 0, said(report)
    assert _rules(account, default) == left
    assert stays in _rules(account, account.group)
    tear_down(account)


def test_network_acls_and_egress_only_gateways_are_listed_and_go(account: Account) -> None:
    elsewhere = account.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    another = account.foreign_egress_only_gateway(elsewhere)
    acl, gateway = account.foreign_acl(), account.foreign_egress_only_gateway()
    report, _ = run(account)
    names = {check.name: finding.what for check, finding in report.of(Outcome.FAILS)}
    assert names.keys() == {"foreign-network-acls", "foreign-egress-only-gateways"}
    assert acl in names["foreign-network-acls"]
    assert gateway in names["foreign-egress-only-gateways"]
    report, asked = run(account, delete=True)
    assert asked == ["Delete these 2?"]
    assert report.exit_status(strict=True) == 0, said(report)
    (left,) = account.ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]
    assert left["EgressOnlyInternetGatewayId"] == another
    tear_down(account)


def test_a_network_acl_on_a_subnet_is_left_on_it(account: Account) -> None:
    key = account.foreign_acl()
    wanted = [{"Name": "association.subnet-id", "Values": [account.subnet]}]
    (default,) = account.ec2.describe_network_acls(Filters=wanted)["NetworkAcls"]
    held = next(each for each in default["Associations"] if each["SubnetId"] == account.subnet)
    account.ec2.replace_network_acl_association(AssociationId=held["NetworkAclAssociationId"], NetworkAclId=key)
    report, asked = run(account, delete=True)
    assert not asked
    assert report.exit_status() == 10
    ((_, finding),) = report.of(Outcome.FAILS)
    assert key in finding.what
    assert account.subnet in finding.way_out
    assert "then --delete" in finding.way_out


def test_what_is_the_stacks_is_not_listed(account: Account) -> None:
    from dataclasses import replace

    acl, gateway = account.foreign_acl(), account.foreign_egress_only_gateway()
    rule = _let_in(account, account.default_group(), UserIdGroupPairs=[{"GroupId": account.group}])
    own = replace(account.facts, ids=account.facts.ids | {acl, gateway, rule})
    with Asking(account.aws) as asking:
        assert {each.id for each in things_of(look(asking, account.facts))} == {acl, gateway, rule}
        assert not things_of(look(asking, own))
