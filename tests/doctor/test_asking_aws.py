"""Doctor's questions to AWS, answered by the embedded one: what is read, and what one refusal takes away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from canal_aws.doctor import instances, services, vpc
from canal_aws.doctor.run import examine
from canal_aws.doctor.vpc import SeenRoute
from canal_aws.doctor.wanted import Now, Wanted
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.gathering import Facts, gather
from canal_aws.preflight.report import Report
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.errors import StackError
from canal_aws.stack.subject import Subject
from tests.doctor.conftest import Made
from tests.doctor.healthy import NOW

pytestmark = pytest.mark.component


@pytest.fixture
def asking(made: Made) -> Iterator[Asking]:
    with Asking(made.aws) as asking:
        yield asking


def facts(made: Made, asking: Asking) -> Facts:
    given = {Wanted: Wanted.of(made.subject()), Asking: asking, Now: Now(NOW)}
    return gather((*instances.SOURCES, *vpc.SOURCES, *services.SOURCES), given, {})


def test_every_source_reads_what_aws_shows(made: Made, asking: Asking) -> None:
    found = facts(made, asking)
    assert found.missing == {}
    (machine,) = found.known[instances.Machines].items
    assert (machine.name, machine.id, machine.interface) == ("worker-a-0", made.instance, made.interface)
    assert (machine.private_ip, machine.zone, machine.groups) == ("10.0.0.16", "us-east-1a", (made.group,))
    assert machine.source_dest_check
    assert found.known[instances.Images].by_id[machine.launched.image]["CreationDate"]
    assert found.known[vpc.SecurityGroups].ids == {"worker": made.group}
    (egress,) = found.known[vpc.SeenRules].items  # what EC2 gives every group
    assert egress.key == ("worker", True, "-1", -1, -1, "0.0.0.0/0")
    table = next(each for each in found.known[vpc.Tables].items if each.name == "nodes")
    assert (table.id, table.subnets) == (made.table, (made.subnet,))
    assert SeenRoute("10.128.5.0/24", made.interface) in table.routes
    assert found.known[vpc.SubnetIds].by_name == {"nodes-a": made.subnet}
    assert found.known[services.Parameters].by_name["join"].version == 1


def test_rules_are_read_with_ports_peers_and_ids(made: Made, asking: Asking) -> None:
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 10250,
        "ToPort": 10250,
        "UserIdGroupPairs": [{"GroupId": made.group}],
    }
    made.aws.ec2.authorize_security_group_ingress(GroupId=made.group, IpPermissions=[permission])
    (rule,) = [each for each in facts(made, asking).known[vpc.SeenRules].items if not each.key[1]]
    assert rule.key == ("worker", False, "tcp", 10250, 10250, "worker")
    made.aws.ec2.revoke_security_group_ingress(GroupId=made.group, SecurityGroupRuleIds=[rule.id])
    assert not [each for each in facts(made, asking).known[vpc.SeenRules].items if not each.key[1]]


def outcomes(report: Report) -> dict[str, Outcome]:
    return {result.check.name: result.outcome for result in report.results}


@pytest.mark.parametrize(
    ("action", "lost"),
    [
        ("ec2:DescribeSecurityGroupRules", {"security-group-rules-as-planned"}),
        ("ec2:DescribeSubnets", {"subnets-use-their-tables"}),
        ("ec2:DescribeImages", {"image-age"}),
        ("ssm:GetParameters", {"join-parameters"}),
        (
            "ec2:DescribeRouteTables",
            {"pod-routes-as-planned", "fixed-routes", "blackhole-routes", "foreign-routes", "subnets-use-their-tables"},
        ),
    ],
)
def test_a_refused_call_leaves_its_checks_unchecked_and_all_else_answered(
    made: Made, embedded_aws: EmbeddedAws, action: str, lost: set[str]
) -> None:
    def run() -> Report:
        with Asking(made.aws) as asking:
            return examine(made.subject(), asking, aws_only=True)

    before = outcomes(run())
    assert Outcome.UNCHECKED not in before.values()
    requests.post(f"{embedded_aws.url}/_canal/deny", json={"actions": [action]}, timeout=10).raise_for_status()
    try:
        report = run()
    finally:
        requests.post(f"{embedded_aws.url}/_canal/deny", json={"actions": []}, timeout=10).raise_for_status()
    after = outcomes(report)
    assert {name for name, outcome in after.items() if outcome is Outcome.UNCHECKED} == lost
    assert {name: after[name] for name in before.keys() - lost} == {name: before[name] for name in before.keys() - lost}
    assert all(action in finding.what for _, finding in report.of(Outcome.UNCHECKED))


def test_without_a_kubeconfig_every_check_of_the_cluster_says_why(made: Made, asking: Asking) -> None:
    report = examine(made.subject(), asking)
    unchecked = {check.name for check, _ in report.of(Outcome.UNCHECKED)}
    assert {"nodes-ready", "canal-rollout", "ip-pools", "bootstrap-tokens", "kubernetes-versions-now"} <= unchecked
    assert all("pulumi up" in finding.what for _, finding in report.of(Outcome.UNCHECKED))
    assert report.exit_status() == 10  # most of the stack is not there
    assert "instances-as-planned" not in unchecked


def test_a_stack_that_was_never_made_is_no_drift(made: Made, asking: Asking) -> None:
    from canal_aws.stack.deployment import Deployment

    empty = Subject(made.subject().name, made.subject().configuration, Deployment('{"deployment": {}}'))
    with pytest.raises(StackError, match="run `pulumi up` first"):
        examine(empty, asking)
