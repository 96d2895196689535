"""SimulatePrincipalPolicy: real policies, conditions, pages, what is denied to the sandbox's caller, who that is."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from canal_aws.sandbox.aws import ACCOUNT_ID

from .clients import TRUST, Aws, refused

REGION = "aws:RequestedRegion"
STACK = "aws:ResourceTag/canal-aws:stack"


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _allow(action: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _role(aws: Aws, *statements: dict[str, Any]) -> str:
    arn = aws.iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    aws.iam.put_role_policy(RoleName="deployer", PolicyName="inline", PolicyDocument=_document(*statements))
    return str(arn)


def _ask(aws: Aws, arn: str, actions: list[str], **request: Any) -> list[dict[str, Any]]:
    found = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, **request)
    return list(found["EvaluationResults"])


@pytest.mark.hardening
def test_the_sandboxs_keys_are_a_users(aws: Aws) -> None:
    assert aws.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:user/sandbox"


@pytest.mark.hardening
def test_what_is_denied_to_the_caller_is_denied_in_the_simulation(aws: Aws) -> None:
    arn = aws.client("sts").get_caller_identity()["Arn"]
    requests.post(f"{aws.url}/_canal/deny", json={"actions": ["ec2:CreateRoute"]}, timeout=10).raise_for_status()
    decisions = {each["EvalActionName"]: each["EvalDecision"] for each in _ask(aws, arn, ["ec2:CreateRoute", "s3:X"])}
    assert decisions == {"ec2:CreateRoute": "implicitDeny", "s3:X": "allowed"}


@pytest.mark.hardening
@pytest.mark.parametrize(
    ("value", "decision", "missing"),
    [("o/canal-aws/dev", "allowed", []), ("o/canal-aws/prod", "implicitDeny", []), (None, "implicitDeny", [STACK])],
)
def test_conditions_are_held_against_what_the_simulation_is_told(
    aws: Aws, value: str | None, decision: str, missing: list[str]
) -> None:
    arn = _role(aws, _allow("ec2:DeleteVpc", Condition={"StringLike": {STACK: "*/canal-aws/dev"}}))
    entry = {"ContextKeyName": STACK, "ContextKeyValues": [value or ""], "ContextKeyType": "string"}
    (found,) = _ask(aws, arn, ["ec2:DeleteVpc"], ContextEntries=[entry] if value else [])
    assert (found["EvalDecision"], found["MissingContextValues"]) == (decision, missing)


@pytest.mark.hardening
def test_resources_decide_one_by_one(aws: Aws) -> None:
    mine, other = (f"arn:aws:ssm:us-east-1:{ACCOUNT_ID}:parameter/{name}/join" for name in ("canal-aws/dev", "other"))
    arn = _role(aws, _allow("ssm:*", "arn:aws:ssm:*:*:parameter/canal-aws/*"))
    (found,) = _ask(aws, arn, ["ssm:GetParameter"], ResourceArns=[mine, other])
    assert found["EvalDecision"] == "implicitDeny"
    assert {each["EvalResourceName"]: each["EvalResourceDecision"] for each in found["ResourceSpecificResults"]} == {
        mine: "allowed",
        other: "implicitDeny",
    }


@pytest.mark.hardening
@pytest.mark.parametrize(
    ("condition", "told", "decision"),
    [
        ({"StringEquals": {REGION: "us-east-1"}}, None, "implicitDeny"),
        ({"StringNotEquals": {REGION: "us-east-1"}}, None, "allowed"),
        ({"StringNotEquals": {REGION: "us-east-1"}}, "us-east-1", "implicitDeny"),
        ({"StringEqualsIfExists": {REGION: "us-east-1"}}, None, "allowed"),
        ({"StringNotLike": {REGION: "eu-*"}}, "eu-north-1", "implicitDeny"),
        ({"Bool": {REGION: "true"}}, "True", "allowed"),
    ],
)
def test_what_is_not_told_is_missing_wherever_it_was_asked(
    aws: Aws, condition: dict[str, Any], told: str | None, decision: str
) -> None:
    arn = _role(aws, _allow("ec2:*", Condition=condition))
    entry = {"ContextKeyName": REGION, "ContextKeyValues": [told or ""], "ContextKeyType": "string"}
    vpc = f"arn:aws:ec2:us-east-1:{ACCOUNT_ID}:vpc/vpc-1"
    (found,) = _ask(aws, arn, ["ec2:DeleteVpc"], ResourceArns=[vpc], ContextEntries=[entry] if told else [])
    (apart,) = found["ResourceSpecificResults"]
    assert found["EvalDecision"] == apart["EvalResourceDecision"] == decision
    assert found["MissingContextValues"] == apart["MissingContextValues"] == ([] if told else [REGION])


@pytest.mark.hardening
def test_a_user_may_do_what_his_groups_may(aws: Aws) -> None:
    aws.iam.create_user(UserName="ada")
    aws.iam.create_group(GroupName="operators")
    aws.iam.add_user_to_group(GroupName="operators", UserName="ada")
    aws.iam.put_group_policy(
        GroupName="operators", PolicyName="reads", PolicyDocument=_document(_allow("ec2:Describe*"))
    )
    found = _ask(aws, f"arn:aws:iam::{ACCOUNT_ID}:user/ada", ["ec2:DescribeVpcs", "ec2:DeleteVpc"])
    assert [each["EvalDecision"] for each in found] == ["allowed", "implicitDeny"]


@pytest.mark.hardening
def test_decisions_come_in_pages(aws: Aws) -> None:
    arn = _role(aws, _allow("ec2:*"))
    actions = [f"ec2:Describe{number}" for number in range(5)]
    first = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, MaxItems=3)
    assert first["IsTruncated"]
    rest = aws.iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=actions, Marker=first["Marker"])
    assert not rest["IsTruncated"]
    both = [*first["EvaluationResults"], *rest["EvaluationResults"]]
    assert [each["EvalActionName"] for each in both] == actions


@pytest.mark.hardening
@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:iam::{ACCOUNT_ID}:root", "InvalidInput"),
        (f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/i-1", "InvalidInput"),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/nobody", "NoSuchEntity"),
        ("arn:aws:iam::111122223333:role/worker", "NoSuchEntity"),
    ],
)
def test_who_cannot_be_simulated_is_refused(aws: Aws, arn: str, code: str) -> None:
    with refused(code):
        _ask(aws, arn, ["ec2:DescribeVpcs"])
