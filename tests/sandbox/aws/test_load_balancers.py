"""Network Load Balancers, listeners and target groups on the embedded AWS."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from .clients import Aws, eventually, refused

pytestmark = pytest.mark.hardening


def _nlb(aws: Aws, subnets: list[str], **more: Any) -> dict[str, Any]:
    wanted = {"Name": "api", "Type": "network", "Scheme": "internal", **more}
    made: dict[str, Any] = aws.elb.create_load_balancer(Subnets=subnets, **wanted)["LoadBalancers"][0]
    return made


def _target_group(aws: Aws, vpc: str, name: str = "api") -> str:
    made = aws.elb.create_target_group(Name=name, Protocol="TCP", Port=6443, VpcId=vpc, TargetType="instance")
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def _listen(aws: Aws, nlb: dict[str, Any], target_group: str) -> dict[str, Any]:
    forward = [{"Type": "forward", "TargetGroupArn": target_group}]
    made: dict[str, Any] = aws.elb.create_listener(
        LoadBalancerArn=nlb["LoadBalancerArn"], Protocol="TCP", Port=6443, DefaultActions=forward
    )["Listeners"][0]
    return made


def _state(aws: Aws, nlb: dict[str, Any]) -> str:
    shown = aws.elb.describe_load_balancers(LoadBalancerArns=[nlb["LoadBalancerArn"]])["LoadBalancers"][0]
    return str(shown["State"]["Code"])


def test_it_is_provisioning_first_and_active_later(aws: Aws, subnet: str) -> None:
    nlb = _nlb(aws, [subnet])
    assert _state(aws, nlb) == "provisioning"
    eventually(lambda: _state(aws, nlb) == "active")


def test_its_arn_and_name_are_a_network_load_balancers(aws: Aws, subnet: str) -> None:
    tags = [{"Key": "canal-aws:name", "Value": "api"}]
    nlb = _nlb(aws, [subnet], Tags=tags)
    assert ":loadbalancer/net/api/" in nlb["LoadBalancerArn"]
    suffix = nlb["LoadBalancerArn"].rpartition("/")[2]
    assert nlb["DNSName"] == f"api-{suffix}.elb.us-east-1.amazonaws.com"
    shown = aws.elb.describe_tags(ResourceArns=[nlb["LoadBalancerArn"]])["TagDescriptions"][0]
    assert shown["Tags"] == tags


def test_an_internet_facing_ones_name_is_a_loopback_address_of_its_own(aws: Aws, vpc: str, subnet: str) -> None:
    aws.gateway(vpc)
    names = {_nlb(aws, [subnet], Name=name, Scheme="internet-facing")["DNSName"] for name in ("api", "other")}
    assert len(names) == 2
    for name in names:
        assert ipaddress.ip_address(name).is_loopback
        assert not name.startswith("127.0.")


def test_security_groups_come_with_the_creation_or_never(aws: Aws, vpc: str, subnet: str) -> None:
    nlb, group = _nlb(aws, [subnet]), aws.group(vpc)
    with refused("InvalidConfigurationRequest", "only when it is created"):
        aws.elb.set_security_groups(LoadBalancerArn=nlb["LoadBalancerArn"], SecurityGroups=[group])


def test_an_unknown_security_group_is_refused(aws: Aws, subnet: str) -> None:
    with refused("InvalidSecurityGroup"):
        _nlb(aws, [subnet], SecurityGroups=["sg-0123456789abcdef0"])


def test_a_name_is_taken_once_unless_all_is_the_same(aws: Aws, vpc: str, subnet: str) -> None:
    nlb = _nlb(aws, [subnet])
    assert _nlb(aws, [subnet])["LoadBalancerArn"] == nlb["LoadBalancerArn"]
    with refused("DuplicateLoadBalancerName"):
        _nlb(aws, [aws.subnet(vpc, "10.0.2.0/24", "b")])


@pytest.mark.parametrize("name", ["internal-api", "-api", "a" * 33, "api_1"])
def test_a_name_is_well_formed(aws: Aws, subnet: str, name: str) -> None:
    with refused("ValidationError"):
        _nlb(aws, [subnet], Name=name)


def test_one_subnet_a_zone(aws: Aws, vpc: str, subnet: str) -> None:
    with refused("InvalidConfigurationRequest", "same Availability Zone"):
        _nlb(aws, [subnet, aws.subnet(vpc, "10.0.2.0/24")])


def test_an_internet_facing_one_needs_an_internet_gateway(aws: Aws, vpc: str, subnet: str) -> None:
    with refused("InvalidSubnet", "no internet gateway"):
        _nlb(aws, [subnet], Scheme="internet-facing")
    aws.gateway(vpc)
    assert _nlb(aws, [subnet], Scheme="internet-facing")["Scheme"] == "internet-facing"


def test_a_port_has_one_listener(aws: Aws, vpc: str, subnet: str) -> None:
    nlb, target_group = _nlb(aws, [subnet]), _target_group(aws, vpc)
    _listen(aws, nlb, target_group)
    with refused("DuplicateListener"):
        _listen(aws, nlb, target_group)


def test_a_target_group_serves_one_load_balancer(aws: Aws, vpc: str, subnet: str) -> None:
    target_group = _target_group(aws, vpc)
    _listen(aws, _nlb(aws, [subnet]), target_group)
    with refused("TargetGroupAssociationLimit"):
        _listen(aws, _nlb(aws, [subnet], Name="api-public"), target_group)


def test_a_target_group_forgets_a_load_balancer_that_is_gone(aws: Aws, vpc: str, subnet: str) -> None:
    nlb, target_group = _nlb(aws, [subnet]), _target_group(aws, vpc)
    _listen(aws, nlb, target_group)
    with refused("ResourceInUse"):
        aws.elb.delete_target_group(TargetGroupArn=target_group)
    aws.elb.delete_load_balancer(LoadBalancerArn=nlb["LoadBalancerArn"])
    (shown,) = aws.elb.describe_target_groups(TargetGroupArns=[target_group])["TargetGroups"]
    assert shown["LoadBalancerArns"] == []
    aws.elb.delete_target_group(TargetGroupArn=target_group)


def test_a_protected_one_stays(aws: Aws, subnet: str) -> None:
    arn = _nlb(aws, [subnet])["LoadBalancerArn"]
    for value in ("true", "false"):
        attribute = {"Key": "deletion_protection.enabled", "Value": value}
        aws.elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=[attribute])
        if value == "true":
            with refused("OperationNotPermitted", "deletion protection is enabled"):
                aws.elb.delete_load_balancer(LoadBalancerArn=arn)
    aws.elb.delete_load_balancer(LoadBalancerArn=arn)


def test_a_tcp_listener_has_no_tls_policy(aws: Aws, vpc: str, subnet: str) -> None:
    assert "SslPolicy" not in _listen(aws, _nlb(aws, [subnet]), _target_group(aws, vpc))


def test_a_target_group_has_a_network_load_balancers_attributes(aws: Aws, vpc: str) -> None:
    arn = _target_group(aws, vpc)
    shown = aws.elb.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
    pairs = {each["Key"]: each["Value"] for each in shown}
    assert pairs["preserve_client_ip.enabled"] == "true"
    assert "slow_start.duration_seconds" not in pairs


@pytest.mark.filterwarnings("ignore:.*SandboxNotModelled does not match an error shape")
def test_what_is_not_modelled_is_refused(aws: Aws, subnet: str) -> None:
    with refused("SandboxNotModelled"):
        _nlb(aws, [subnet], Type="application")
