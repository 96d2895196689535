"""Each type of resource that an `up` makes is found again after its creation was cut short, and only this stack's own."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.recovery import ec2
from canal_aws.recovery.errors import RecoveryError
from canal_aws.recovery.finders import FINDERS, candidates
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Deployment, Pending
from infra.tagging import TAGGABLE
from tests.recovery.states import STACK, export, operation, resource, tags
from tests.sandbox.providers.aws.engine import Engine, Made
from tests.sandbox.providers.aws.world import ALL, World

pytestmark = pytest.mark.component

#: Of the stand-in's types, what the program does not make.
UNUSED = "role_policy_attachment"
MADE = [kind for kind in ALL if kind != UNUSED]


class TaggedWorld(World):
    """A World whose resources carry their own names in the tags, as infra/tagging.py has it."""

    def make(self, token: str, name: str, /, **inputs: Any) -> Made:
        if "tags" in inputs:
            inputs["tags"] = tags(name)
        return self.engine.create(token, name, inputs)


@pytest.fixture(scope="module")
def world(engine: Engine) -> TaggedWorld:
    return TaggedWorld(engine, "recovered")


def pending(made: Made, **changed: Any) -> Pending:
    return Pending("creating", resource(made.token, made.name, {**made.inputs, **changed}))


def test_every_type_of_the_program_has_a_finder(world: TaggedWorld) -> None:
    assert {ALL[kind](world).token for kind in MADE} == set(FINDERS)
    assert TAGGABLE - set(FINDERS) == set()
    for kind in MADE:
        made = ALL[kind](world)
        if made.token in ec2.TAGGED:
            (types,) = (types for prefix, types in ec2.ID_PREFIXES.items() if made.id.startswith(prefix))
            assert made.token in types


@pytest.mark.parametrize("kind", MADE)
def test_what_a_killed_up_left_is_found_by_the_id_that_the_provider_gave(
    kind: str, world: TaggedWorld, aws: Aws
) -> None:
    made = ALL[kind](world)
    assert FINDERS[made.token](aws, pending(made)) == [made.id]


@pytest.mark.parametrize("kind", MADE)
def test_what_belongs_to_another_stack_or_was_never_made_is_not_found(kind: str, world: TaggedWorld, aws: Aws) -> None:
    made = ALL[kind](world)
    absent: dict[str, dict[str, Any]] = {
        "aws:ec2/route:Route": {"destinationCidrBlock": "10.99.0.0/16"},
        "aws:ec2/routeTableAssociation:RouteTableAssociation": {"subnetId": world.other_subnet.id},
        "aws:iam/rolePolicy:RolePolicy": {"name": "another"},
        "aws:lb/targetGroupAttachment:TargetGroupAttachment": {"port": 6444},
    }
    if made.token.startswith("aws:s3/") and "tags" not in made.inputs:
        absent[made.token] = {"bucket": "never-made"}
    changed = absent.get(made.token, {"tags": tags(made.name, "organization/canal-aws/other")})
    assert FINDERS[made.token](aws, pending(made, **changed)) == []
    named = "bucket" if made.token.startswith("aws:s3/") else "name"
    if named in made.inputs and made.token not in ec2.TAGGED:
        assert FINDERS[made.token](aws, pending(made, **{named: "never-made"})) == []


@pytest.mark.parametrize("kind", MADE)
def test_an_adopted_resource_reads_as_if_nothing_had_happened(kind: str, world: TaggedWorld, engine: Engine) -> None:
    """The state after recover's edit and the refresh is the state that the creation itself would have written."""
    made = ALL[kind](world)
    cut_short = resource(made.token, made.name, made.inputs)
    state = Deployment(export([], [operation("creating", cut_short)]))
    adopted = Deployment(state.settled({cut_short["urn"]: (made.id, {})})).resources[-1]
    reread = engine.read(Made(made.token, made.name, adopted["id"], adopted["inputs"], adopted["outputs"]))
    usual = engine.read(made)
    assert usual is not None
    assert reread == usual
    if made.inputs:
        assert not engine.diff(reread, made.inputs).changes


def test_two_of_one_name_are_two_candidates_and_the_dead_are_none(world: TaggedWorld, aws: Aws, engine: Engine) -> None:
    first = world.instance
    second = engine.create(first.token, first.name, world.instance_inputs("10.0.1.99") | {"tags": tags(first.name)})
    assert sorted(FINDERS[first.token](aws, pending(first))) == sorted([first.id, second.id])
    engine.delete(second)
    assert FINDERS[first.token](aws, pending(first)) == [first.id]


def test_a_bucket_without_tags_is_the_one_whose_creation_was_cut_short(world: TaggedWorld, aws: Aws) -> None:
    cut_short = {"bucket": "etcd-snapshots-cut5h0rt", "tags": tags("etcd-snapshots")}
    waiting = Pending("creating", resource("aws:s3/bucket:Bucket", "etcd-snapshots", cut_short))
    aws.client("s3").create_bucket(Bucket=cut_short["bucket"])
    assert FINDERS[waiting.type](aws, waiting) == [cut_short["bucket"]]


def test_what_the_state_knows_is_no_candidate(
    world: TaggedWorld, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {"URL": endpoint, "ID": "sandbox"}.items():
        monkeypatch.setenv({"URL": "AWS_ENDPOINT_URL", "ID": "AWS_ACCESS_KEY_ID"}[key], value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    made = world.vpc
    known = resource(made.token, made.name, made.inputs, made.id)
    waiting = operation("creating", resource(made.token, made.name, made.inputs))
    for resources, expected in (([], [made.id]), ([known], [])):
        state = Deployment(export(resources, [waiting]))
        assert candidates(state, state.pending()) == {known["urn"]: expected}


def test_a_type_that_nobody_can_find_is_refused() -> None:
    state = Deployment(export([], [operation("creating", resource("aws:sqs/queue:Queue", "q", {}))]))
    with pytest.raises(RecoveryError, match="how to find aws:sqs/queue:Queue: settle these by `pulumi refresh`"):
        candidates(state, state.pending())


def test_a_new_group_loses_the_rule_that_lets_everything_out(world: TaggedWorld, aws: Aws) -> None:
    made = aws.ec2.create_security_group(GroupName="cut-short", Description="Cut short", VpcId=world.vpc.id)
    rule = world.make(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "kept",
        securityGroupId=made["GroupId"],
        ipProtocol="tcp",
        fromPort=1,
        toPort=2,
        cidrIpv4="10.0.0.0/8",
        tags={},
    )
    ec2.drop_default_egress(aws, made["GroupId"])
    wanted = [{"Name": "group-id", "Values": [made["GroupId"]]}]
    left = aws.ec2.describe_security_group_rules(Filters=wanted)["SecurityGroupRules"]
    assert [each["SecurityGroupRuleId"] for each in left] == [rule.id]
    assert STACK in {tag["Value"] for tag in left[0]["Tags"]}
