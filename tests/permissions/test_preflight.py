"""Preflight's own calls against its policy, and the check of permissions against real policies in the embedded AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.addressing import Kept
from canal_aws.permissions import FREE, Purpose, Scope, actions, documents, needs
from canal_aws.preflight import Outcome, increase
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.live import permissions as live
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.permissions import Permissions
from canal_aws.preflight.live.region import Caller
from canal_aws.preflight.live.run import check_live
from canal_aws.preflight.live.target import Target
from canal_aws.preflight.live_checks.permissions import caller_may_do_it_all
from canal_aws.quotas import Quota, Usage
from canal_aws.sandbox.aws import ACCOUNT_ID
from canal_aws.sandbox.aws.server import EmbeddedAws
from canal_aws.stack.aws_clients import Aws

pytestmark = pytest.mark.component

STACK = "acme/canal-aws/dev"
TARGET = Target("us-east-1", STACK)
CHOICE = Choice.of(
    {
        "architecture": "native-routes",
        "apiAllowedCidrs": ["203.0.113.0/24"],
        "workerPools": [{"name": "batch", "spot": True}],
    }
)
# In the policy, and not asked for in a whole preflight of the sandbox.
UNUSED = {
    "elasticloadbalancing:DescribeAccountLimits": "Service Quotas' own question to ELB, which no client sees",
    "ec2:SearchTransitGatewayRoutes": "asked for each table of a transit gateway, and the sandbox's account has none",
    "ec2:DescribeManagedPrefixLists": "asked where the stack's tables or groups refer to one",
    "servicequotas:GetAWSDefaultServiceQuota": "asked where no value is applied yet; the sandbox has one of each",
    "iam:GetRole": "asked only where a role's session runs preflight; the sandbox's keys are a user's",
}
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def _settings() -> Any:
    assert CHOICE.settings is not None
    return CHOICE.settings


def _role(asking: Asking, *policies: dict[str, Any], path: str = "/") -> Caller:
    """A session of a role with these policies attached."""
    asking.ask("iam", "create_role", RoleName="deployer", AssumeRolePolicyDocument=TRUST, Path=path)
    for number, document in enumerate(policies):
        made = asking.ask("iam", "create_policy", PolicyName=f"p{number}", PolicyDocument=json.dumps(document))
        asking.ask("iam", "attach_role_policy", RoleName="deployer", PolicyArn=made["Policy"]["Arn"])
    return Caller(ACCOUNT_ID, f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployer/session")


def _asked(asking: Asking, caller: Caller) -> Permissions:
    return live.permissions(asking, caller, CHOICE, TARGET, Kept())


def _policies(purpose: Purpose, stack: str = STACK) -> list[dict[str, Any]]:
    return list(documents("p", needs(purpose, _settings(), Scope("aws", "us-east-1", ACCOUNT_ID, stack))).values())


def test_a_whole_preflight_asks_for_what_its_policy_holds_and_for_all_of_it(
    fresh_aws: EmbeddedAws, asking: Asking
) -> None:
    check_live(CHOICE, asking, TARGET)
    seen = set(fresh_aws.world.calls.snapshot()) - FREE
    allowed = set(actions(Purpose.PREFLIGHT, _settings()))
    assert seen - allowed == set(), "calls that the preflight policy does not allow"
    assert allowed - seen == set(UNUSED), "rights that no preflight uses"


def test_a_request_for_more_asks_for_what_its_policy_holds_and_preflights_does_not(
    fresh_aws: EmbeddedAws, asking: Asking
) -> None:
    # No value of this one is applied, so the default is asked for too; nobody's report shows it.
    listeners = Quota("elasticloadbalancing", "L-57A373D6", "listeners", 50, "load balancer")
    found = increase.look(asking, Usage(listeners, 50, 1, 50))
    increase.file(asking, found)
    seen = set(fresh_aws.world.calls.snapshot())
    allowed = set(actions(Purpose.INCREASE, _settings()))
    assert seen <= allowed
    # Service Quotas makes its own role, where an account has none yet.
    assert allowed - seen == {"iam:CreateServiceLinkedRole"}
    asks = {"servicequotas:RequestServiceQuotaIncrease", "servicequotas:ListRequestedServiceQuotaChangeHistoryByQuota"}
    assert allowed - set(actions(Purpose.PREFLIGHT, _settings())) == {*asks, "iam:CreateServiceLinkedRole"}


def test_preflights_policy_reads_canonicals_parameters_and_no_kubeconfig() -> None:
    text = json.dumps(_policies(Purpose.PREFLIGHT))
    assert "parameter/aws/service/canonical/*" in text
    assert "parameter/canal-aws/" not in text


def test_the_policy_for_more_reaches_iams_quotas_and_makes_no_other_role() -> None:
    text = json.dumps(_policies(Purpose.INCREASE))
    assert f"arn:aws:servicequotas::{ACCOUNT_ID}:iam/*" in text
    assert "role/aws-service-role/servicequotas.amazonaws.com/*" in text
    assert "elasticloadbalancing.amazonaws.com" not in text
    for purpose in (Purpose.DEPLOYER, Purpose.PREFLIGHT, Purpose.DESTROY):
        other = json.dumps(_policies(purpose))
        assert "servicequotas.amazonaws.com" not in other
        assert ":iam/" not in other


def test_the_sandboxs_caller_may_do_it_all(asking: Asking) -> None:
    (result,) = (each for each in check_live(CHOICE, asking, TARGET).results if each.check.name == "permissions")
    (finding,) = result.findings
    assert finding.outcome is Outcome.OK
    assert f"arn:aws:iam::{ACCOUNT_ID}:user/sandbox" in finding.what


def test_denied_actions_are_named_by_service(fresh_aws: EmbeddedAws, asking: Asking) -> None:
    fresh_aws.world.denied = {"ec2:CreateRoute", "ec2:RunInstances", "iam:PassRole", "s3:ListAllMyBuckets"}
    report = check_live(CHOICE, asking, TARGET)
    (result,) = (each for each in report.results if each.check.name == "permissions")
    assert [finding.outcome for finding in result.findings] == [Outcome.FAILS] * 2
    assert [finding.what.split(" for ")[0] for finding in result.findings] == [
        "ec2: CreateRoute, RunInstances allowed by no policy",
        "iam: PassRole allowed by no policy",
    ]
    assert all("iam-policy deployer" in finding.way_out for finding in result.findings)


def test_who_may_not_ask_is_told_that_nothing_was_checked(fresh_aws: EmbeddedAws, asking: Asking) -> None:
    fresh_aws.world.denied = {"iam:SimulatePrincipalPolicy"}
    report = check_live(CHOICE, asking, TARGET)
    by_name = {result.check.name: result for result in report.results}
    (finding,) = by_name["permissions"].findings
    assert finding.outcome is Outcome.UNCHECKED
    assert "no action of `pulumi up` and `pulumi destroy` was checked: iam:SimulatePrincipalPolicy" in finding.what
    assert "AccessDenied" in finding.what
    assert by_name["zones"].outcome is Outcome.OK


def test_the_deployers_policy_allows_all_that_is_asked_about(asking: Asking) -> None:
    found = _asked(asking, _role(asking, *_policies(Purpose.DEPLOYER)))
    assert found.denied == {}
    assert found.asked == len(actions(Purpose.DEPLOYER, _settings()))


def test_the_destroy_policy_allows_destroy_and_makes_nothing(asking: Asking) -> None:
    denied = _asked(asking, _role(asking, *_policies(Purpose.DESTROY))).denied
    assert denied is not None
    # Of what `destroy` calls too, only Canonical's image parameters are `up`'s alone.
    assert denied.keys() & set(actions(Purpose.DESTROY, _settings())) == {"ssm:GetParameter"}
    assert {"ec2:RunInstances", "iam:PassRole", "ec2:CreateTags"} <= denied.keys()


def test_the_policy_of_another_stack_does_not_do(asking: Asking) -> None:
    denied = _asked(asking, _role(asking, *_policies(Purpose.DEPLOYER, "acme/canal-aws/prod"))).denied
    assert denied is not None
    assert {
        "ec2:DeleteVpc",
        "ec2:CreateVpc",
        "ec2:CreateSubnet",
        "ec2:CreateTags",
        "ssm:PutParameter",
        "elasticloadbalancing:CreateListener",
    } <= denied.keys()
    assert "ec2:DescribeVpcs" not in denied


def test_a_deny_is_told_from_a_missing_allow(asking: Asking) -> None:
    deny = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": "iam:*", "Resource": f"arn:aws:iam::{ACCOUNT_ID}:role/worker-*"},
    }
    found = _asked(asking, _role(asking, *_policies(Purpose.DEPLOYER), deny))
    assert found.denied is not None
    assert found.denied["iam:PassRole"] == "explicitDeny"
    findings = [finding for finding in caller_may_do_it_all(found) if "denied by a policy" in finding.what]
    assert [finding.what.split(":")[0] for finding in findings] == ["iam"]
    assert "Deny" in findings[0].way_out


def _anything(effect: str, condition: dict[str, Any]) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    return {"Version": "2012-10-17", "Statement": statement}


@pytest.mark.parametrize(("region", "home"), [("eu-north-1", "us-east-1"), ("us-gov-east-1", "us-gov-west-1")])
def test_who_may_use_some_regions_alone_may_use_those(asking: Asking, region: str, home: str) -> None:
    """IAM is in its partition's home alone: whoever is kept to the stack's Region may not make its roles."""
    caller = _role(asking, _anything("Allow", {"StringEquals": {"aws:RequestedRegion": region}}))
    found = live.permissions(asking, caller, CHOICE, Target(region, STACK), Kept())
    assert found.undecided == {}
    assert found.denied is not None
    assert {action.partition(":")[0] for action in found.denied} == {"iam"}
    outside = _anything("Deny", {"StringNotEquals": {"aws:RequestedRegion": [region, home]}})
    for name, document in (("all", _anything("Allow", {})), ("but", outside)):
        asking.ask("iam", "put_role_policy", RoleName="deployer", PolicyName=name, PolicyDocument=json.dumps(document))
    found = live.permissions(asking, caller, CHOICE, Target(region, STACK), Kept())
    assert (found.denied, found.undecided) == ({}, {})


@pytest.mark.parametrize(
    "policies",
    [
        (_anything("Allow", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),),
        (_anything("Allow", {}), _anything("Deny", {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})),
    ],
)
def test_what_a_session_decides_is_unchecked_and_its_key_named(
    asking: Asking, policies: tuple[dict[str, Any], ...]
) -> None:
    found = _asked(asking, _role(asking, *policies))
    assert found.denied == {}
    findings = list(caller_may_do_it_all(found))
    assert {finding.outcome for finding in findings} == {Outcome.UNCHECKED}
    assert all("aws:MultiFactorAuthPresent" in finding.what for finding in findings)
    assert {finding.what.partition(":")[0] for finding in findings} >= {"ec2", "iam", "ssm"}


def test_a_role_under_a_path_is_asked_about_by_its_own_arn(asking: Asking) -> None:
    caller = _role(asking, *_policies(Purpose.DEPLOYER), path="/aws-reserved/sso.amazonaws.com/")
    found = _asked(asking, caller)
    assert found.principal == f"arn:aws:iam::{ACCOUNT_ID}:role/aws-reserved/sso.amazonaws.com/deployer"
    assert found.denied == {}


def test_preflights_policy_alone_lets_a_role_under_a_path_ask_about_itself(
    fresh_aws: EmbeddedAws, asking: Asking
) -> None:
    caller = _role(asking, *_policies(Purpose.PREFLIGHT), path="/aws-reserved/sso.amazonaws.com/")
    with _session(fresh_aws) as its_own:
        found = _asked(its_own, caller)
    assert found.principal == f"arn:aws:iam::{ACCOUNT_ID}:role/aws-reserved/sso.amazonaws.com/deployer"
    assert found.denied is not None, found.unasked
    assert "ec2:CreateVpc" in found.denied


def _session(aws: EmbeddedAws) -> Asking:
    """Asks with the deployer's own rights."""
    session = aws.world.sessions.of("deployer", "session")
    keys = {"accessKey": session.access_key, "secretKey": session.secret_key, "token": session.token}
    return Asking(Aws({"region": "us-east-1", **keys}, aws.url))


def test_only_preflight_may_read_a_role_of_any_name() -> None:
    scope = Scope("aws", "us-east-1", ACCOUNT_ID, STACK)
    granted = {
        purpose: [need.grant.resources for need in needs(purpose, _settings(), scope) if need.action == "iam:GetRole"]
        for purpose in (Purpose.PREFLIGHT, Purpose.DEPLOYER, Purpose.DESTROY)
    }
    assert granted[Purpose.PREFLIGHT] == [(f"arn:aws:iam::{ACCOUNT_ID}:role/*",)]
    assert granted[Purpose.DEPLOYER] == granted[Purpose.DESTROY] == [scope.instance_roles("role")]


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (f"arn:aws:iam::{ACCOUNT_ID}:root", "root user"),
        (f"arn:aws:sts::{ACCOUNT_ID}:federated-user/ada", "federated-user/ada"),
        ("arn:aws:sts::111122223333:assumed-role/elsewhere/session", "NoSuchEntity"),
    ],
)
def test_whom_iam_does_not_simulate_is_unchecked(asking: Asking, arn: str, said: str) -> None:
    (finding,) = caller_may_do_it_all(_asked(asking, Caller(ACCOUNT_ID, arn)))
    assert finding.outcome is Outcome.UNCHECKED
    assert said in finding.what
