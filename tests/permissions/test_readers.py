"""What doctor and `preflight --destroy` ask of AWS against their policies: all of it, and nothing that is not asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.doctor.run import examine
from canal_aws.doctor.wanted import Wanted
from canal_aws.permissions import Purpose, Scope, actions, documents, needs
from canal_aws.preflight.destroy.run import look
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.live.asking import Asking
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.settings import Settings
from canal_aws.stack.subject import Subject
from tests.doctor.conftest import Made, tagged

pytestmark = pytest.mark.component
SETTINGS = Settings.from_mapping({"apiAllowedCidrs": ["203.0.113.0/24"], "etcdSnapshotHours": 0})
READING = ("Describe", "Get", "List")


def test_doctor_asks_for_what_its_policy_holds_and_for_all_of_it(fresh_aws: EmbeddedAws, asking: Asking) -> None:
    made = Made(fresh_aws.url)
    subject = made.subject(_target_group(made), _bucket(made))
    _control_plane_from_a_template(made, subject)
    fresh_aws.world.calls.reset()
    examine(subject, asking, aws_only=True)
    assert set(fresh_aws.world.calls.snapshot()) == set(actions(Purpose.DOCTOR, SETTINGS, has_bucket=True))


def _target_group(made: Made) -> dict[str, Any]:
    found = made.aws.elb.create_target_group(Name="api", Protocol="TCP", Port=6443, VpcId=made.vpc)
    return made.resource("aws:lb/targetGroup:TargetGroup", "api-internal", found["TargetGroups"][0]["TargetGroupArn"])


def _bucket(made: Made) -> dict[str, Any]:
    made.aws.client("s3").create_bucket(Bucket="etcd-snapshots-0")
    return made.resource("aws:s3/bucket:Bucket", "etcd-snapshots", "etcd-snapshots-0")


def _control_plane_from_a_template(made: Made, subject: Subject) -> None:
    ec2 = made.aws.ec2
    (node,) = Wanted.of(subject).plan.of_role("control-plane")
    (worker,) = ec2.describe_instances()["Reservations"][0]["Instances"]
    data = {"ImageId": worker["ImageId"], "InstanceType": worker["InstanceType"]}
    template = ec2.create_launch_template(LaunchTemplateName="control-plane", LaunchTemplateData=data)["LaunchTemplate"]
    ec2.run_instances(
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"},
        MinCount=1,
        MaxCount=1,
        SubnetId=made.subnet,
        PrivateIpAddress=str(node.private_ip),
        **tagged("instance", node.name),
    )


def test_a_destroy_preflight_asks_for_what_its_policy_holds_and_for_all_of_it(
    fresh_aws: EmbeddedAws, asking: Asking
) -> None:
    vpc = asking.ask("ec2", "create_vpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    asking.ask("elbv2", "create_target_group", Name="api", Protocol="TCP", Port=6443, VpcId=vpc)
    fresh_aws.world.calls.reset()
    facts = look(asking, StackFacts("organization/canal-aws/dev", frozenset(), frozenset({vpc})))
    assert not facts.missing
    assert set(fresh_aws.world.calls.snapshot()) == set(actions(Purpose.PREFLIGHT_DESTROY, SETTINGS))


@pytest.mark.parametrize("purpose", [Purpose.DOCTOR, Purpose.PREFLIGHT_DESTROY])
def test_they_only_read_and_of_parameters_and_buckets_the_stacks_own(purpose: Purpose) -> None:
    scope = Scope("aws", "us-east-1", "123456789012", "dev")
    (document,) = documents("p", needs(purpose, SETTINGS, scope, has_bucket=True)).values()
    for statement in document["Statement"]:
        allowed = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all(each.partition(":")[2].startswith(READING) for each in allowed)
        if statement["Resource"] == "*":
            assert not any(each.startswith(("ssm:", "s3:")) for each in allowed)
    if purpose is Purpose.DOCTOR:
        assert "parameter/canal-aws/dev/*" in json.dumps(document)
