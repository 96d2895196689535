"""Security groups on the embedded AWS: who uses one, which rules are the same, protocols without ports, quotas."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .clients import Aws, refused

pytestmark = pytest.mark.hardening
PUNCTUATED = "A-z 0. _-:/()#,@[]+=&;{}!$*"


@pytest.fixture
def group(aws: Aws, vpc: str) -> str:
    return aws.group(vpc)


def _open(aws: Aws, group: str, **permission: Any) -> dict[str, Any]:
    answer = aws.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    rule: dict[str, Any] = answer["SecurityGroupRules"][0]
    return rule


def test_ipip_needs_no_ports(aws: Aws, group: str) -> None:
    rule = _open(aws, group, IpProtocol="4", IpRanges=[{"CidrIp": "10.0.0.0/16"}])
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("4", -1, -1)
    (shown,) = aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    (permission,) = shown["IpPermissions"]
    assert permission["IpProtocol"] == "4"
    assert "FromPort" not in permission


def test_ipip_between_groups_exists_once_whatever_its_ports(aws: Aws, group: str) -> None:
    pair = [{"GroupId": group}]
    _open(aws, group, IpProtocol="4", UserIdGroupPairs=pair)
    with refused("InvalidPermission.Duplicate"):
        _open(aws, group, IpProtocol="4", FromPort=0, ToPort=0, UserIdGroupPairs=pair)


def test_a_description_does_not_make_another_rule(aws: Aws, group: str) -> None:
    tcp = {"IpProtocol": "tcp", "FromPort": 179, "ToPort": 179}
    rule = _open(aws, group, **tcp, UserIdGroupPairs=[{"GroupId": group, "Description": "BGP"}])
    assert rule["Description"] == "BGP"
    with refused("InvalidPermission.Duplicate"):
        _open(aws, group, **tcp, UserIdGroupPairs=[{"GroupId": group, "Description": "mesh"}])


@pytest.mark.parametrize("text", ["below etcd's ports", "a" * 256, "nodes → API"])
def test_descriptions_take_the_characters_that_ec2_lists(aws: Aws, vpc: str, group: str, text: str) -> None:
    everything, own = {"IpProtocol": "-1"}, [{"GroupId": group, "Description": text}]
    with refused("InvalidParameterValue", "Invalid rule description"):
        _open(aws, group, **everything, UserIdGroupPairs=own)
    with refused("InvalidParameterValue", "Invalid rule description"):
        _open(aws, group, **everything, IpRanges=[{"CidrIp": "10.0.0.0/16", "Description": text}])
    rule = _open(aws, group, **everything, IpRanges=[{"CidrIp": "10.0.0.0/16", "Description": PUNCTUATED}])
    assert rule["Description"] == PUNCTUATED
    changed = {"IpProtocol": "-1", "CidrIpv4": "10.0.0.0/16", "Description": text}
    with refused("InvalidParameterValue", "Invalid rule description"):
        aws.ec2.modify_security_group_rules(
            GroupId=group,
            SecurityGroupRules=[{"SecurityGroupRuleId": rule["SecurityGroupRuleId"], "SecurityGroupRule": changed}],
        )
    with refused("InvalidParameterValue"):
        aws.ec2.create_security_group(GroupName="others", Description=text, VpcId=vpc)
    aws.ec2.create_security_group(GroupName="others", Description=PUNCTUATED, VpcId=vpc)


@pytest.mark.parametrize("text", ["etcd's", "a" * 256])
def test_a_groups_name_and_description_are_of_the_same_characters(aws: Aws, vpc: str, text: str) -> None:
    with refused("InvalidParameterValue", "Invalid security group name"):
        aws.ec2.create_security_group(GroupName=text, Description="etcd", VpcId=vpc)
    with refused("InvalidParameterValue", "Invalid security group description"):
        aws.ec2.create_security_group(GroupName="etcd", Description=text, VpcId=vpc)


def test_host_bits_do_not_make_another_rule(aws: Aws, group: str) -> None:
    tcp = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    assert _open(aws, group, **tcp, IpRanges=[{"CidrIp": "10.1.2.3/16"}])["CidrIpv4"] == "10.1.0.0/16"
    with refused("InvalidPermission.Duplicate"):
        _open(aws, group, **tcp, IpRanges=[{"CidrIp": "10.1.0.0/16"}])


def test_tcp_needs_ports_in_order(aws: Aws, group: str) -> None:
    with refused("InvalidParameterValue"):
        _open(aws, group, IpProtocol="tcp", FromPort=200, ToPort=100, IpRanges=[{"CidrIp": "10.0.0.0/16"}])


def test_an_unknown_protocol_is_refused(aws: Aws, group: str) -> None:
    with refused("InvalidParameterValue", "Unknown protocol"):
        _open(aws, group, IpProtocol="ipip", FromPort=0, ToPort=0, IpRanges=[{"CidrIp": "10.0.0.0/16"}])


def test_a_group_that_another_refers_to_stays(aws: Aws, vpc: str, group: str) -> None:
    other = aws.group(vpc, "workers")
    rule = _open(aws, group, IpProtocol="-1", UserIdGroupPairs=[{"GroupId": other}])
    with refused("DependencyViolation", other):
        aws.ec2.delete_security_group(GroupId=other)
    aws.ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    aws.ec2.delete_security_group(GroupId=other)


def test_a_group_of_an_instance_stays(aws: Aws, subnet: str, group: str, image: str) -> None:
    key = aws.running(subnet, SecurityGroupIds=[group])["InstanceId"]
    with refused("DependencyViolation"):
        aws.ec2.delete_security_group(GroupId=group)
    aws.terminate(key)
    aws.ec2.delete_security_group(GroupId=group)


def test_a_group_of_a_load_balancer_stays(aws: Aws, subnet: str, group: str) -> None:
    aws.elb.create_load_balancer(
        Name="api", Type="network", Scheme="internal", Subnets=[subnet], SecurityGroups=[group]
    )
    with refused("DependencyViolation"):
        aws.ec2.delete_security_group(GroupId=group)


def test_a_rule_is_revoked_whatever_its_description(aws: Aws, group: str) -> None:
    pair = {"GroupId": group, "Description": "mesh"}
    _open(aws, group, IpProtocol="-1", UserIdGroupPairs=[pair])
    aws.ec2.revoke_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    )
    (shown,) = aws.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissions"] == []


def test_the_default_group_goes_only_with_its_vpc(aws: Aws, vpc: str) -> None:
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    (default,) = aws.ec2.describe_security_groups(Filters=mine)["SecurityGroups"]
    with refused("CannotDelete"):
        aws.ec2.delete_security_group(GroupId=default["GroupId"])


def test_a_rule_refers_to_groups_of_its_own_vpc(aws: Aws, group: str) -> None:
    foreign = aws.group(aws.vpc("10.9.0.0/16"), "elsewhere")
    with refused("InvalidGroup.NotFound", "belong to different networks"):
        _open(aws, group, IpProtocol="-1", UserIdGroupPairs=[{"GroupId": foreign}])


def test_the_quota_of_rules_is_the_accounts(aws: Aws, group: str) -> None:
    def rules(first: int, count: int) -> dict[str, Any]:
        blocks = [{"CidrIp": f"172.16.{index}.0/24"} for index in range(first, first + count)]
        return {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": blocks}

    body = {"service": "vpc", "code": "L-0EA8095F", "value": 70}
    if aws.hardened:
        requests.post(f"{aws.url}/_canal/quota", json=body, timeout=5).raise_for_status()
    _open(aws, group, **rules(0, 70))
    with refused("RulesPerSecurityGroupLimitExceeded"):
        _open(aws, group, **rules(70, 1))


def test_a_prefix_list_is_as_many_rules_as_it_may_hold_entries_and_awss_as_it_weighs(aws: Aws, group: str) -> None:
    named = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.global.cloudfront.origin-facing"]}]
    (edges,) = aws.ec2.describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    six = aws.ec2.create_managed_prefix_list(PrefixListName="offices", AddressFamily="IPv4", MaxEntries=6)["PrefixList"]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    _open(aws, group, **https, PrefixListIds=[{"PrefixListId": edges["PrefixListId"]}])  # 55 of 60
    with refused("RulesPerSecurityGroupLimitExceeded"):
        _open(aws, group, **https, PrefixListIds=[{"PrefixListId": six["PrefixListId"]}])
    _open(aws, group, **https, IpRanges=[{"CidrIp": "172.16.0.0/24"}])


def test_a_group_needs_a_vpc_that_exists(aws: Aws) -> None:
    with refused("InvalidVpcID.NotFound"):
        aws.group("vpc-0123456789abcdef0")
