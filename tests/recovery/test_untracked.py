"""What stops an `up` after a kill, and what must not: the tags of what is gone outlive it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.recovery import untracked
from canal_aws.recovery.untracked import InterruptedUp, StateUnread
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Deployment
from tests.recovery.states import export, operation, resource, tags
from tests.sandbox.providers.aws.engine import Engine, Made
from tests.sandbox.providers.aws.world import World

STACK = "organization/canal-aws/untracked"
VPC = "aws:ec2/vpc:Vpc"


class OwnWorld(World):
    """Everything with this test's stack in its tags."""

    def make(self, token: str, name: str, /, **inputs: Any) -> Made:
        if "tags" in inputs:
            inputs["tags"] = tags(name, STACK)
        if "tagSpecifications" in inputs:
            inputs["tagSpecifications"] = [{"resourceType": "volume", "tags": tags(name, STACK)}]
        inputs.pop("volumeTags", None)
        return self.engine.create(token, name, inputs)


def state(*made: Made, pending: list[dict[str, Any]] | None = None) -> Deployment:
    known = [resource(each.token, each.name, each.inputs, each.id) for each in made]
    return Deployment(export(known, pending or []))


def test_pending_creations_stop_an_up_and_name_the_way_out() -> None:
    cut_short = [operation("creating", resource(VPC, f"vpc-{number}", {})) for number in range(12)]
    with pytest.raises(InterruptedUp, match=r"created aws:ec2/vpc:Vpc vpc-0, .* and 2 more: .*`canal-aws recover`"):
        untracked.refuse_pending(state(pending=cut_short))


@pytest.mark.parametrize("kind", ["updating", "deleting", "reading"])
def test_other_operations_make_nothing_twice(kind: str) -> None:
    untracked.refuse_pending(state(pending=[operation(kind, resource(VPC, "vpc", {}, "vpc-1"))]))


def test_a_component_is_made_by_no_provider() -> None:
    component = resource("canal-aws:infra:Network", "network", {}) | {"custom": False}
    untracked.refuse_pending(state(pending=[operation("creating", component)]))


@pytest.mark.component
def test_resources_that_the_state_does_not_know_stop_an_up(engine: Engine, aws: Aws) -> None:
    world = OwnWorld(engine, "untracked")
    everything = [
        world.vpc,
        world.subnet,
        world.nat_gateway,
        world.internet_gateway,
        world.eip,
        world.route_table,
        world.security_group,
        world.ingress_rule,
        world.egress_rule,
        world.launch_template,
        world.instance,
    ]
    # The instance's volume has the tags too, and is in no state: it goes with its instance.
    untracked.refuse_untracked(state(*everything), STACK, aws.ec2)
    untracked.refuse_untracked(state(), "organization/canal-aws/other", aws.ec2)
    for missing in everything:
        others = [each for each in everything if each is not missing]
        with pytest.raises(InterruptedUp, match=missing.id):
            untracked.refuse_untracked(state(*others), STACK, aws.ec2)

    gone = [world.instance, world.nat_gateway]
    for each in gone:
        engine.delete(each)
    untracked.refuse_untracked(state(*(each for each in everything if each not in gone)), STACK, aws.ec2)
    # And what somebody removed by hand is for `refresh` to notice.
    untracked.refuse_untracked(state(*everything), STACK, aws.ec2)


Script = Callable[[str], None]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A `pulumi` on PATH that is this shell script."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def write(script: str) -> None:
        command = tmp_path / "pulumi"
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)

    return write


def test_a_state_that_cannot_be_had_is_said_with_its_reason(pulumi: Script, tmp_path: Path) -> None:
    with pytest.raises(StateUnread, match="no `pulumi` on PATH"):
        untracked.state_of(STACK)
    pulumi("echo 'error: no stack named x' >&2; exit 255")
    with pytest.raises(StateUnread, match=f"export --stack {STACK}` failed: error: no stack named x"):
        untracked.state_of(STACK)
    pulumi("""echo '{"version": 3, "deployment": {"resources": []}}'""")
    assert untracked.state_of(STACK).resources == []
