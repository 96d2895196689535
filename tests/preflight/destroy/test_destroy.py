"""What is somebody else's is listed with its owner and goes on request; nothing of the program's is ever touched."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from canal_aws.preflight.destroy import command, deleting
from canal_aws.preflight.destroy.run import look, report_of, things_of
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.registry import destroy_checks
from canal_aws.preflight.report import Report
from canal_aws.progress import Silent

from .conftest import Account

pytestmark = pytest.mark.component


def run(account: Account, delete: bool = False, answer: bool = True) -> tuple[Report, list[str]]:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return answer

    return command.examine(account.aws, account.facts, delete, lambda _: None, ask, Silent()), asked


def said(report: Report) -> str:
    return "\n".join(str(finding) for outcome in Outcome for _, finding in report.of(outcome))


def _refer(account: Account, group: str, to: str) -> None:
    pair: Any = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": to}]}]
    account.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=pair)


def test_nothing_of_the_programs_own_is_listed(account: Account) -> None:
    report, _ = run(account)
    assert report.exit_status(strict=True) == 0, said(report)


def test_each_is_listed_with_its_owner(account: Account) -> None:
    group = account.foreign_group(description="Security group for Kubernetes ELB a1 (shop/web)")
    _refer(account, account.group, group)
    expected = {
        account.foreign_balancer(group): "Service shop/web",
        group: f"Service shop/web: `kubectl delete service web -n shop`|referenced by the stack's {account.group}",
        account.foreign_classic_balancer(group): "Service shop/web",
        account.foreign_target_group(): "Service shop/web",
        account.foreign_volume(): "PersistentVolumeClaim shop/data",
        account.foreign_interface(): "nobody known: a person?",
    }
    report, asked = run(account)
    lines = said(report).splitlines()
    for key, words in expected.items():
        (line,) = (each for each in lines if f"({key})" in each or f" {key}:" in each or f" {key}," in each)
        assert all(word in line for word in words.split("|")), line
    assert report.exit_status() == 10
    assert not asked
    assert len(report.of(Outcome.FAILS)) == 4
    assert len(report.of(Outcome.WARNING)) == 2


def test_delete_takes_exactly_those_and_the_vpc_can_go(account: Account) -> None:
    group, other = account.foreign_group(), account.foreign_group("k8s-traffic-b2")
    for one, two in ((account.group, group), (group, other), (other, group), (group, account.group)):
        _refer(account, one, two)
    account.foreign_balancer(group)
    account.foreign_classic_balancer(other)
    account.foreign_target_group()
    account.foreign_interface()
    account.foreign_volume()
    elsewhere = account.foreign_volume({"Key": "kubernetes.io/cluster/prod", "Value": "owned"})
    before = set(_ids(account))
    with pytest.raises(ClientError, match="DependencyViolation"):
        account.ec2.delete_security_group(GroupId=group)
    report, asked = run(account, delete=True)
    assert asked == ["Delete these 7?"]
    assert report.exit_status(strict=True) == 0, said(report)
    assert account.own <= set(_ids(account)) < before
    assert [each["VolumeId"] for each in account.ec2.describe_volumes()["Volumes"]] == [elsewhere]
    tear_down(account)


def _ids(account: Account) -> list[str]:
    ec2, elb = account.ec2, account.aws.elb
    found = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]
    found += [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]
    found += [each["GroupId"] for each in ec2.describe_security_groups()["SecurityGroups"]]
    found += [each["NatGatewayId"] for each in ec2.describe_nat_gateways()["NatGateways"]]
    found += [each["NetworkInterfaceId"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]]
    found += [each["LoadBalancerArn"] for each in elb.describe_load_balancers()["LoadBalancers"]]
    found += [each["TargetGroupArn"] for each in elb.describe_target_groups()["TargetGroups"]]
    return found


def tear_down(account: Account) -> None:
    """What `pulumi destroy` would do, in its order."""
    for key in account.own:
        if key.startswith("nat-"):
            account.ec2.delete_nat_gateway(NatGatewayId=key)
            account.ec2.get_waiter("nat_gateway_deleted").wait(
                NatGatewayIds=[key], WaiterConfig={"Delay": 1, "MaxAttempts": 20}
            )
        elif ":loadbalancer/" in key:
            account.aws.elb.delete_load_balancer(LoadBalancerArn=key)
    account.ec2.delete_security_group(GroupId=account.group)
    account.ec2.delete_subnet(SubnetId=account.subnet)
    account.ec2.delete_vpc(VpcId=account.vpc)


def test_nothing_goes_without_a_yes(account: Account) -> None:
    account.foreign_interface()
    before = sorted(_ids(account))
    with pytest.raises(command.NotConfirmed) as refused:
        run(account, delete=True, answer=False)
    assert refused.value.exit_status == 2
    assert sorted(_ids(account)) == before


def test_a_persons_instance_is_listed_and_left(account: Account) -> None:
    name = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
    image = account.aws.ssm.get_parameter(Name=name)["Parameter"]["Value"]
    made = account.ec2.run_instances(
        ImageId=image, InstanceType="t3.medium", SubnetId=account.subnet, MinCount=1, MaxCount=1
    )
    instance = made["Instances"][0]["InstanceId"]
    report, asked = run(account, delete=True)
    assert instance in said(report)
    assert not asked, "neither the instance nor its interface is deletable"
    assert report.exit_status() == 10


def test_each_is_looked_at_again_right_before(account: Account) -> None:
    """Between the report and the yes the stack takes one group in, and somebody deletes an interface."""
    taken, left, interface = account.foreign_group("taken"), account.foreign_group("left"), account.foreign_interface()
    with Asking(account.aws) as asking:
        facts = look(asking, account.facts)
        assert {each.id for each in deleting.deletable(facts)} == {taken, left, interface}
        account.ec2.create_tags(Resources=[taken], Tags=[{"Key": "canal-aws:stack", "Value": account.facts.name}])
        account.ec2.delete_network_interface(NetworkInterfaceId=interface)
        failed = deleting.delete(asking, account.facts, facts, Silent())
    assert len(failed) == 1
    assert f"({taken})" in failed[0]
    assert "the stack's own by now" in failed[0]
    assert taken in _ids(account)
    assert left not in _ids(account)


def test_what_cannot_be_deleted_is_named_and_the_rest_goes(account: Account) -> None:
    group, interface = account.foreign_group(), account.foreign_interface()
    _deny(account, "ec2:DeleteNetworkInterface")
    with pytest.raises(command.SomethingLeft, match=interface) as left:
        run(account, delete=True)
    assert left.value.exit_status == 1
    assert interface in _ids(account)
    assert group not in _ids(account)


def _deny(account: Account, *actions: str) -> None:
    requests.post(f"{account.url}/_canal/deny", json={"actions": actions}, timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("action", "check"),
    [
        ("ec2:DescribeVolumes", "left-volumes"),
        ("elasticloadbalancing:DescribeTargetGroups", "left-target-groups"),
        ("ec2:DescribeVpcEndpoints", "foreign-endpoints"),
        ("ec2:DescribeNetworkAcls", "foreign-network-acls"),
        ("ec2:DescribeEgressOnlyInternetGateways", "foreign-egress-only-gateways"),
        ("ec2:DescribeSecurityGroupRules", "default-group-rules"),
    ],
)
def test_a_denied_call_leaves_one_check_open(account: Account, action: str, check: str) -> None:
    _deny(account, action)
    report, _ = run(account)
    assert report.exit_status() == 11
    assert [each.name for each, _ in report.of(Outcome.UNCHECKED)] == [check]
    assert len(report.of(Outcome.OK)) == len(destroy_checks()) - 1


def test_what_needs_the_groups_is_open_without_them(account: Account) -> None:
    _deny(account, "ec2:DescribeSecurityGroups")
    report, _ = run(account)
    assert report.exit_status() == 11
    names = {each.name for each, _ in report.of(Outcome.UNCHECKED)}
    assert names == {"foreign-security-groups", "default-group-rules"}
    assert len(report.of(Outcome.OK)) == len(destroy_checks()) - 2


def test_a_kept_bucket_is_said(account: Account) -> None:
    from dataclasses import replace

    with Asking(account.aws) as asking:
        report = report_of(look(asking, replace(account.facts, kept_buckets=("dev-snapshots",))))
        assert "bucket dev-snapshots: keepEtcdSnapshots" in said(report)
        assert not things_of(look(asking, account.facts))
