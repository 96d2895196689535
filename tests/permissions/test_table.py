"""The table of calls: it knows every type that the program makes, and no policy outgrows IAM."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from canal_aws.permissions import POLICY_CHARACTERS, Purpose, Scope, actions, documents, needs, own_calls
from canal_aws.permissions.documents import size
from canal_aws.permissions.purposes import ROWS
from canal_aws.recovery.finders import FINDERS
from canal_aws.settings import Settings
from infra.tagging import TAGGABLE

INFRA = Path(__file__).parents[2] / "infra"
SCOPE = Scope("aws", "eu-central-1", "123456789012", "dev")
# As much as settings can ask for.
FULL = Settings.from_mapping(
    {
        "architecture": "native-routes",
        "apiAllowedCidrs": ["203.0.113.0/24"],
        "cloudControllerManager": True,
        "ebsCsiDriver": True,
        "workerPools": [{"name": "batch", "spot": True}],
    }
)


def _set(**given: object) -> Settings:
    return Settings.from_mapping({"apiAllowedCidrs": ["203.0.113.0/24"], **given})


def test_every_type_that_the_program_makes_has_a_row() -> None:
    made = {
        f"{module}/{name[0].lower()}{name[1:]}:{name}"
        for file in INFRA.glob("*.py")
        # Also where one is only named, as in `kind = aws.vpc.… if … else aws.vpc.…`.
        for module, name in re.findall(r"\baws\.(\w+)\.([A-Z]\w+)(?!\w*Args)", file.read_text())
        if not name.endswith("Args")
    }
    rows = {row.type.removeprefix("aws:") for row in ROWS}
    assert made == rows
    assert {*TAGGABLE, *FINDERS} <= {row.type for row in ROWS}


def test_the_projects_own_calls_name_files_that_are_there() -> None:
    tables = [table for table in vars(own_calls).values() if isinstance(table, tuple)]
    sources = {each.source for table in tables for each in table if isinstance(each, own_calls.OwnCalls)}
    assert len(sources) > 10
    assert [source for source in sources if not (INFRA.parent / source).is_file()] == []


def test_every_taggable_type_can_be_tagged_later_and_no_other() -> None:
    assert {row.type for row in ROWS if row.tag} == TAGGABLE


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("stack", ["dev", f"{'o' * 40}/canal-aws/{'s' * 100}"])
def test_no_document_outgrows_a_managed_policy(purpose: Purpose, stack: str) -> None:
    scope = Scope("aws-us-gov", "us-gov-west-1", "123456789012", stack)
    made = documents("canal-aws", needs(purpose, FULL, scope))
    assert all(size(document) <= POLICY_CHARACTERS for document in made.values())
    assert len(made) <= 10  # managed policies on one identity
    granted = {
        action for document in made.values() for statement in document["Statement"] for action in statement["Action"]
    }
    assert granted == set(actions(purpose, FULL))


def test_a_statement_too_long_for_one_document_is_divided() -> None:
    wanted = needs(Purpose.DEPLOYER, FULL, SCOPE)
    many = [type(need)(f"{need.action}{number:050}", need.grant) for need in wanted for number in range(9)]
    made = documents("x", many)
    assert list(made)[:2] == ["x-1", "x-2"]
    assert all(size(document) <= POLICY_CHARACTERS for document in made.values())
    granted = [action for each in made.values() for statement in each["Statement"] for action in statement["Action"]]
    assert {*granted} == {need.action for need in many}


@pytest.mark.parametrize(
    ("settings", "there", "absent"),
    [
        (_set(topology="public"), {"ec2:ModifySubnetAttribute"}, {"ec2:AllocateAddress", "ec2:CreateNatGateway"}),
        (_set(), {"ec2:CreateNatGateway"}, {"servicequotas:GetServiceQuota", "ec2:DescribeImages"}),
        (_set(), {"ec2:TerminateInstances"}, {"ec2:DescribeSpotInstanceRequests", "ec2:CancelSpotInstanceRequests"}),
        (_set(etcdSnapshotHours=0), {"ec2:CreateVpc"}, {"s3:CreateBucket", "s3:ListBucket"}),
        (_set(operatingSystem="flatcar"), {"ec2:DescribeImages"}, set()),
        (_set(architecture="native-routes"), {"servicequotas:GetServiceQuota"}, set()),
        (_set(architecture="native-routes", routeQuota=500), {"ec2:CreateRoute"}, {"servicequotas:GetServiceQuota"}),
    ],
)
def test_settings_decide_which_rows_apply(settings: Settings, there: set[str], absent: set[str]) -> None:
    asked = set(actions(Purpose.DEPLOYER, settings))
    assert there <= asked
    assert not absent & asked


def test_a_bucket_that_a_stack_keeps_is_looked_after_though_nothing_asks_for_it() -> None:
    asked = actions(Purpose.DESTROY, _set(etcdSnapshotHours=0), has_bucket=True)
    assert {"s3:DeleteBucket", "s3:GetBucketVersioning"} <= set(asked)


def test_what_aws_asks_in_some_accounts_alone_is_held_too() -> None:
    """No call that the embedded AWS sees tells of it: ELB asks EC2 itself, with the caller's rights."""
    (row,) = (row for row in ROWS if row.type == "aws:lb/loadBalancer:LoadBalancer")
    assert "ec2:GetSecurityGroupsForVpc" in {*row.create} & {*row.update}
    assert "ec2:GetSecurityGroupsForVpc" not in actions(Purpose.DESTROY, FULL)


def test_security_groups_that_somebody_changed_can_be_put_right_and_by_destroy_are_not() -> None:
    assert "ec2:ModifyNetworkInterfaceAttribute" in actions(Purpose.DEPLOYER, _set())
    assert "ec2:ModifyNetworkInterfaceAttribute" not in actions(Purpose.DESTROY, _set())


@pytest.mark.parametrize("purpose", [Purpose.DEPLOYER, Purpose.DESTROY])
def test_who_removes_spot_instances_reads_and_cancels_their_requests(purpose: Purpose) -> None:
    asked = actions(purpose, _set(workerPools=[{"name": "batch", "spot": True}]))
    assert {"ec2:DescribeSpotInstanceRequests", "ec2:CancelSpotInstanceRequests"} <= set(asked)


def test_destroy_may_make_nothing() -> None:
    wanted = needs(Purpose.DESTROY, FULL, SCOPE)
    made = {need.action for need in wanted if re.match(r"\w+:(Create|Run|Allocate|Authorize|Tag|Pass)", need.action)}
    assert made == set()
    assert "aws:RequestTag" not in json.dumps(documents("x", wanted))


def test_whatever_changes_something_is_held_to_the_stack() -> None:
    """By a tag, a name or a service, or by another resource of the same call that is: an address, an instance's subnet, groups.

    Requests of spot instances have no tags; without its request an instance runs on.
    """
    unheld = (
        "CancelSpotInstanceRequests",
        "DisassociateAddress",
        "ModifyNetworkInterfaceAttribute",
        "RunInstances",
    )
    for need in needs(Purpose.DEPLOYER, FULL, SCOPE):
        verb = need.action.partition(":")[2]
        if need.grant.resources == ("*",):
            assert re.match("Describe|List|Get", verb), need.action
        elif need.action.startswith("ec2:") and verb not in unheld:
            assert "canal-aws:stack" in str(need.grant.condition), need.action
        assert not any("*" in example for example in need.examples)
