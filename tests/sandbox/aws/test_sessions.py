"""What the session of an instance's role may do, asked with curl as a node's scripts ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import requests

from canal_aws.sandbox.aws import ACCOUNT_ID

from .clients import Aws
from .instance_roles import Curl, instance_with_role, session_of

MAY_READ_JOIN = {
    "Effect": "Allow",
    "Action": ["ssm:GetParameter"],
    "Resource": "arn:aws:ssm:us-east-1:424242424242:parameter/canal-aws/dev/join",
}
MAY_DESCRIBE = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
DESCRIBE = (
    *("-d", "Action=DescribeInstances", "-d", "Version=2016-11-15"),
    *("--data-urlencode", "Filter.1.Name=tag:canal-aws:stack", "--data-urlencode", "Filter.1.Value.1=o/p/dev"),
    *("-d", "Filter.2.Name=instance-state-name", "-d", "Filter.2.Value.1=pending", "-d", "Filter.2.Value.2=running"),
)


@pytest.fixture
def parameters(aws: Aws) -> None:
    for name in ("join", "kubeconfig"):
        aws.ssm.put_parameter(Name=f"/canal-aws/dev/{name}", Value=f"the {name}", Type="SecureString")


def test_a_role_reads_what_its_policy_names_and_nothing_else(
    aws: Aws, subnet: str, parameters: None, tmp_path: Path
) -> None:
    instance = instance_with_role(aws, subnet, MAY_READ_JOIN)
    curl = Curl(aws, session_of(aws, instance), tmp_path)
    status, answer = curl.ssm("GetParameter", Name="/canal-aws/dev/join", WithDecryption=True)
    assert (status, answer["Parameter"]["Value"]) == (200, "the join")
    for action, name in (("GetParameter", "kubeconfig"), ("PutParameter", "join")):
        status, answer = curl.ssm(action, Name=f"/canal-aws/dev/{name}", Value="x", Overwrite=True)
        assert (status, answer["__type"]) == (400, "AccessDeniedException")
        assert f"assumed-role/control-plane/{instance} is not authorized" in answer["Message"]
    # A policy that is taken away counts at once (on AWS within seconds).
    aws.iam.delete_role_policy(RoleName="control-plane", PolicyName="inline")
    assert curl.ssm("GetParameter", Name="/canal-aws/dev/join")[1]["__type"] == "AccessDeniedException"


def test_the_signature_is_computed_anew(aws: Aws, subnet: str, parameters: None, tmp_path: Path) -> None:
    curl = Curl(aws, session_of(aws, instance_with_role(aws, subnet, MAY_READ_JOIN)), tmp_path)
    wrong = replace(curl, session={**curl.session, "SecretAccessKey": "another"})
    status, answer = wrong.ssm("GetParameter", Name="/canal-aws/dev/join")
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")
    unknown = replace(curl, session={**curl.session, "AccessKeyId": "ASIA" + "A" * 16})
    assert unknown.ssm("GetParameter", Name="/canal-aws/dev/join")[1]["__type"] == "UnrecognizedClientException"


def test_instances_of_a_stack_by_the_query_api(aws: Aws, subnet: str, tmp_path: Path) -> None:
    instance = instance_with_role(aws, subnet, MAY_DESCRIBE)
    aws.ec2.create_tags(Resources=[instance], Tags=[{"Key": "canal-aws:stack", "Value": "o/p/dev"}])
    stopped, other = (aws.running(subnet)["InstanceId"] for _ in range(2))
    aws.ec2.create_tags(Resources=[stopped], Tags=[{"Key": "canal-aws:stack", "Value": "o/p/dev"}])
    aws.ec2.stop_instances(InstanceIds=[stopped])
    status, body = Curl(aws, session_of(aws, instance), tmp_path).call("ec2", "/", *DESCRIBE)
    assert status == 200
    assert f"<instanceId>{instance}</instanceId>" in body
    assert stopped not in body
    assert other not in body


def test_ec2_refuses_in_its_own_words(aws: Aws, subnet: str, tmp_path: Path) -> None:
    curl = Curl(aws, session_of(aws, instance_with_role(aws, subnet, MAY_READ_JOIN)), tmp_path)
    status, body = curl.call("ec2", "/", *DESCRIBE)
    assert status == 403
    assert "<Code>UnauthorizedOperation</Code>" in body
    wrong = replace(curl, session={**curl.session, "SecretAccessKey": "another"})
    status, body = wrong.call("ec2", "/", *DESCRIBE)
    assert status == 401
    assert "<Code>AuthFailure</Code>" in body


def test_a_role_under_a_path_is_allowed_by_its_whole_arn(aws: Aws, subnet: str, tmp_path: Path) -> None:
    may_read_itself = {"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::*:role/team/deployer"}
    instance = instance_with_role(aws, subnet, may_read_itself, role="deployer", path="/team/")
    curl = Curl(aws, session_of(aws, instance), tmp_path)
    assert curl.iam("GetRole", RoleName="deployer")[0] == 200
    status, body = curl.iam("GetRole", RoleName="another")
    assert status == 403
    assert "<Code>AccessDenied</Code>" in body
    assert f"iam:GetRole on resource: arn:aws:iam::{ACCOUNT_ID}:role/another" in body


def test_an_instance_has_one_session_and_none_without_a_role(aws: Aws, subnet: str) -> None:
    instance = instance_with_role(aws, subnet, MAY_DESCRIBE)
    first, second = session_of(aws, instance), session_of(aws, instance)
    assert first["AccessKeyId"] == second["AccessKeyId"]
    assert first["Token"] == second["Token"]
    bare = aws.running(subnet)["InstanceId"]
    refused = requests.post(f"{aws.url}/_canal/session", json={"region": aws.region, "instance": bare}, timeout=5)
    assert refused.status_code == 400
    assert "no instance profile" in refused.json()["error"]
    aws.terminate(instance)
    refused = requests.post(f"{aws.url}/_canal/session", json={"region": aws.region, "instance": instance}, timeout=5)
    assert refused.status_code == 400


def test_console_output_is_the_machines(aws: Aws, subnet: str) -> None:
    instance = aws.running(subnet)["InstanceId"]
    assert "Output" not in aws.ec2.get_console_output(InstanceId=instance)
    body = {"instance": instance, "text": "canal-aws: kubeadm init\n"}
    requests.post(f"{aws.url}/_canal/console", json=body, timeout=5).raise_for_status()
    assert aws.ec2.get_console_output(InstanceId=instance)["Output"] == "canal-aws: kubeadm init\n"
