"""SimulatePrincipalPolicy on the embedded AWS, and the conflicts that moto already knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.sandbox.aws import ACCOUNT_ID
from canal_aws.sandbox.aws.hardening.iam import decide

from .clients import TRUST, Aws, refused


def _statement(effect: str, action: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource}


def _simulated(aws: Aws, arn: str, *actions: str) -> dict[str, str]:
    results = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=list(actions))
    return {each["EvalActionName"]: each["EvalDecision"] for each in results["EvaluationResults"]}


@pytest.mark.hardening
def test_the_caller_may_do_everything(aws: Aws) -> None:
    caller = aws.client("sts").get_caller_identity()["Arn"]
    assert _simulated(aws, caller, "ec2:CreateRoute") == {"ec2:CreateRoute": "allowed"}


@pytest.mark.hardening
def test_a_role_may_do_what_its_policies_say(aws: Aws) -> None:
    arn = aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    statements = [_statement("Allow", "ec2:Describe*"), _statement("Deny", "ec2:DescribeVpcs")]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.iam.put_role_policy(RoleName="worker", PolicyName="reads", PolicyDocument=document)
    aws.iam.attach_role_policy(RoleName="worker", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    assert _simulated(
        aws, arn, "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:RunInstances", "ssm:UpdateInstanceInformation"
    ) == {
        "ec2:DescribeSubnets": "allowed",
        "ec2:DescribeVpcs": "explicitDeny",
        "ec2:RunInstances": "implicitDeny",
        "ssm:UpdateInstanceInformation": "allowed",
    }


@pytest.mark.hardening
def test_an_unknown_role_is_not_found(aws: Aws) -> None:
    with refused("NoSuchEntity"):
        _simulated(aws, f"arn:aws:iam::{ACCOUNT_ID}:role/nobody", "ec2:RunInstances")


@pytest.mark.parametrize(
    ("statement", "decision"),
    [
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "NotAction": "ssm:*", "Resource": "*"}, "implicitDeny"),
        ({"Effect": "Allow", "Action": "SSM:getparameter", "Resource": "*"}, "allowed"),
        ({"Effect": "Allow", "Action": "ssm:*", "Resource": "arn:aws:ssm:*:*:parameter/other/*"}, "implicitDeny"),
        ({"Effect": "Allow", "Action": "ssm:*", "NotResource": "arn:aws:ssm:*:*:parameter/other/*"}, "allowed"),
    ],
)
def test_a_statement_is_matched(statement: dict[str, Any], decision: str) -> None:
    resource = "arn:aws:ssm:us-east-1:424242424242:parameter/canal-aws/demo/join"
    assert decide([{"Statement": statement}], "ssm:GetParameter", resource) == decision


def test_roles_and_profiles_in_use_stay(aws: Aws) -> None:
    aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    aws.iam.create_instance_profile(InstanceProfileName="worker")
    aws.iam.add_role_to_instance_profile(InstanceProfileName="worker", RoleName="worker")
    with refused("DeleteConflict"):
        aws.iam.delete_role(RoleName="worker")
    with refused("DeleteConflict"):
        aws.iam.delete_instance_profile(InstanceProfileName="worker")
