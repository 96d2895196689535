"""One `up`, killed four times on its way: it ends with one of each, in the state of an `up` that nobody disturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.kills import amid, called, leave_attributes_empty, pending, recover, up_killed
from tests.lifecycle.likeness import picture
from tests.lifecycle.stacks import Stack

pytestmark = pytest.mark.lifecycle

#: Routes of its own for each node, a NAT gateway and both load balancers: most types that there are.
_CONFIG = {"architecture": "native-routes", "availabilityZones": "2", "workersPerZone": 1}
_OWNER = "organization/canal-aws/killed"
Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def undisturbed(make_stack: MakeStack) -> Stack:
    stack = make_stack("undisturbed", **_CONFIG)
    stack.up()
    return stack


@pytest.fixture(scope="module")
def alone(undisturbed: Stack, sandbox: Sandbox) -> Counter[str]:
    """How many of each kind the embedded AWS holds for one stack."""
    return _kinds(sandbox)


@pytest.fixture(scope="module")
def killed(make_stack: MakeStack, alone: Counter[str]) -> Stack:
    return make_stack("killed", **_CONFIG)


def _kinds(sandbox: Sandbox) -> Counter[str]:
    return Counter(each.split(" ")[0] for each in sandbox.control().leftovers())


def _creating(stack: Stack) -> set[str]:
    return {each["resource"]["type"] for each in pending(stack) if each["type"] == "creating"}


def test_a_running_up_is_not_recovered_from(killed: Stack) -> None:
    with up_killed(killed, called("ec2:CreateVpc")) as engine:
        said = recover(killed, "--yes", status=2)
        assert f"is being updated by pid {engine.pid}" in said
        assert "wait until it ends" in said
    assert "aws:ec2/vpc:Vpc" in _creating(killed)


def test_an_up_or_a_preview_after_a_kill_points_to_recover(killed: Stack) -> None:
    locked = killed.up(fails=True)
    assert "currently locked" in locked.text
    killed.run("cancel", "--yes", killed.name)
    for refused in (killed.preview(fails=True), killed.up(fails=True)):
        assert "was killed while it created" in refused.text
        assert "Run `canal-aws recover`" in refused.text
        assert "Traceback" not in refused.text
        assert not refused.of_type("Vpc")


def test_two_of_one_name_are_listed_and_left_alone(killed: Stack, aws: Client) -> None:
    ec2 = aws("ec2")
    tags = [{"Key": "canal-aws:stack", "Value": _OWNER}, {"Key": "canal-aws:name", "Value": "vpc"}]
    double = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tags}])
    before = killed.state()
    said = recover(killed, "--yes", status=2)
    assert "more than one resource for one logical name" in said
    assert double["Vpc"]["VpcId"] in said
    assert killed.state() == before
    ec2.delete_vpc(VpcId=double["Vpc"]["VpcId"])


def test_nothing_is_written_without_a_yes(killed: Stack) -> None:
    before = killed.state()
    said = recover(killed, status=2)
    assert "aws:ec2/vpc:Vpc vpc  vpc-" in said
    assert "Nothing was written" in said
    assert killed.state() == before


@pytest.mark.parametrize(
    ("moment", "kind"),
    [
        (None, "aws:ec2/vpc:Vpc"),
        (called("elasticloadbalancing:CreateLoadBalancer"), "aws:lb/loadBalancer:LoadBalancer"),
        (called("ec2:RunInstances"), "aws:ec2/instance:Instance"),
        (amid("kubernetes:"), "kubernetes:"),
    ],
    ids=["vpc", "load-balancer", "instances", "kubernetes"],
)
def test_recover_takes_in_what_was_being_created(killed: Stack, moment: Any, kind: str) -> None:
    if moment:
        with up_killed(killed, moment):
            pass
    assert any(each.startswith(kind) for each in _creating(killed))
    if kind == "kubernetes:":
        leave_attributes_empty(killed)
        assert "failed to load checkpoint: EOF" in killed.up(fails=True).text
    said = recover(killed, "--yes")
    assert "is in order" in said
    if moment:
        assert "Removed the lock of a command that has ended" in said
    assert f"\n  {kind}" in said.partition("taken into the state:")[2].partition("Not there")[0]
    assert pending(killed) == []
    assert any(each["type"].startswith(kind) for each in killed.resources())


def test_the_next_up_ends_as_if_nothing_had_happened(
    killed: Stack, undisturbed: Stack, alone: Counter[str], sandbox: Sandbox, aws: Client
) -> None:
    done = killed.up()
    assert {change.op for change in done.changes} <= {"create", "update"}, [str(each) for each in done.changes]
    assert _kinds(sandbox) == Counter({kind: 2 * count for kind, count in alone.items()})
    rules = aws("ec2").describe_security_group_rules()["SecurityGroupRules"]
    known = {each["id"] for stack in (killed, undisturbed) for each in stack.resources() if each.get("id")}
    groups = {each for each in known if each.startswith("sg-")}
    assert {each["SecurityGroupRuleId"] for each in rules if each["GroupId"] in groups} == {
        each for each in known if each.startswith("sgr-")
    }

    found, expected = picture(killed), picture(undisturbed)
    assert found.keys() == expected.keys()
    differing = {urn: (each, expected[urn]) for urn, each in found.items() if each != expected[urn]}
    assert not differing, differing


def test_nothing_is_left_to_do(killed: Stack) -> None:
    assert killed.up().changes == ()
    assert killed.refresh().changes == ()
    said = recover(killed)
    assert "Nothing was under way" in said


def test_a_replacement_that_was_killed_leaves_one_instance(
    killed: Stack, alone: Counter[str], sandbox: Sandbox
) -> None:
    """The engine deletes the old one first, and keeps it in the state until it knows the new one. And AWS is reached
    with keys that are the stack's secrets."""
    for key in ("accessKey", "secretKey"):
        killed.run("config", "set", "--secret", f"aws:{key}", "sandbox", "--stack", killed.name)
    killed.up()
    node = killed.urn("ec2/instance:Instance", "worker-a-0")
    with up_killed(killed, called("ec2:RunInstances"), "--target-replace", node, "--target-dependents"):
        pass
    (old,) = (each for each in killed.resources() if each["urn"] == node)
    assert old["pendingReplacement"]

    assert "aws:ec2/instance:Instance worker-a-0  i-" in recover(killed, "--yes")
    (new,) = (each for each in killed.resources() if each["urn"] == node)
    assert new["id"] != old["id"]
    # What the killed provider had not set yet, and what names the old one.
    assert {change.op for change in killed.up().changes} == {"update"}
    assert _kinds(sandbox) == Counter({kind: 2 * count for kind, count in alone.items()})


def test_destroy_leaves_nothing(killed: Stack, alone: Counter[str], sandbox: Sandbox) -> None:
    killed.destroy()
    assert _kinds(sandbox) == alone
