"""The recovery as a whole, with an engine that only remembers what it was told."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from canal_aws.commands import recover
from canal_aws.progress import Silent
from canal_aws.recovery import finders, recovery
from canal_aws.recovery.errors import Ambiguous, RecoveryError
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import Locked, PulumiFailed
from canal_aws.stack.pulumi_cli import Pulumi
from tests.recovery.states import STACK, export, operation, resource, secret, urn

VPC, ROUTE = "aws:ec2/vpc:Vpc", "aws:ec2/route:Route"
CUT_SHORT = [operation("creating", resource(VPC, "vpc", {})), operation("creating", resource(ROUTE, "default", {}))]


@dataclass(frozen=True)
class Engine(Pulumi):
    """A Pulumi command whose state is a text. `locked` is what it says of a lock; `vanished` goes at a refresh."""

    states: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    locked: list[str] = field(default_factory=list)
    vanished: frozenset[str] = frozenset()

    #: The state with its secrets in plain where it has any; `exports` says of each whether they were asked for.
    shown: str = ""
    exports: list[bool] = field(default_factory=list)

    def export(self, show_secrets: bool = False) -> Deployment:
        self.exports.append(show_secrets)
        return Deployment(self.shown if show_secrets and self.shown else self.states[-1])

    def replace_state(self, text: str) -> None:
        if self.locked:
            raise Locked(self.locked[-1])
        self.done.append("import")
        self.states.append(text)

    def cancel(self) -> None:
        self.done.append("cancel")
        self.locked.clear()

    def refresh(self, urns: Any) -> None:
        self.done.append("refresh " + " ".join(each.rpartition("::")[2] for each in urns))
        state = json.loads(self.states[-1])
        kept = [each for each in state["deployment"]["resources"] if each["urn"] not in self.vanished]
        state["deployment"]["resources"] = kept
        self.states.append(json.dumps(state))

    def up(self) -> int:
        self.done.append("up")
        return 7


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What AWS holds, by logical name."""
    there: dict[str, list[str]] = {}
    monkeypatch.setattr(
        finders, "candidates", lambda state, pending: {each.urn: there.get(each.name, []) for each in pending}
    )
    monkeypatch.setattr(finders, "make_ready", lambda state, pending, found: None)
    return there


def engine(text: str, backend: str = "file:///nowhere", **more: Any) -> Engine:
    return Engine("pulumi", Path(), STACK, backend, states=[text], **more)


def run(pulumi: Engine, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(Pulumi, "find", lambda folder, stack, mend: pulumi)
    ended = CliRunner().invoke(recover.app, arguments)
    if ended.exception and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended.exit_code, ended.stdout


def test_found_is_taken_in_and_missing_is_forgotten(
    found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    found["vpc"] = ["vpc-1"]
    subnet = resource("aws:ec2/subnet:Subnet", "nodes-a", {}, "subnet-1")
    pulumi = engine(export([subnet], [*CUT_SHORT, operation("updating", subnet)]))
    status, said = run(pulumi, monkeypatch, "--yes")
    assert status == 0
    assert f"taken into the state:\n  {VPC} vpc  vpc-1\n" in said
    assert f"creates it:\n  {ROUTE} default\n" in said
    assert "read anew:\n  aws:ec2/subnet:Subnet nodes-a\n" in said
    assert "Next: `pulumi up`" in said
    assert pulumi.done == ["import", "refresh vpc nodes-a"]
    assert pulumi.export().ids_of(urn(VPC, "vpc")) == ["vpc-1"]
    assert not pulumi.export().has_pending()


def test_what_vanished_before_it_was_read_is_said(found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    found["vpc"] = ["vpc-1"]
    pulumi = engine(export([], CUT_SHORT), vanished=frozenset({urn(VPC, "vpc")}))
    assert f"Gone again when it was read: {VPC} vpc." in run(pulumi, monkeypatch, "--yes")[1]


def test_a_component_alone_is_forgotten_without_asking_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    component = resource("canal-aws:infra:Network", "network", {}) | {"custom": False}
    pulumi = engine(export([], [operation("creating", component)]))
    status, said = run(pulumi, monkeypatch, "--yes")
    assert (status, pulumi.done) == (0, ["import"])
    assert "is in order" in said
    assert not pulumi.export().has_pending()


def test_nothing_pending_is_nothing_to_do(found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = engine(export([], []))
    status, said = run(pulumi, monkeypatch)
    assert (status, pulumi.done, pulumi.exports) == (0, [], [False])
    assert "Nothing was under way." in said


def test_what_the_stack_keeps_secret_reaches_aws_and_never_the_written_state(monkeypatch: pytest.MonkeyPatch) -> None:
    roles = json.dumps([{"roleArn": "arn:aws:iam::1:role/a", "externalId": "hidden"}])
    given = {"secretKey": "hidden", "token": "hidden", "assumeRoles": roles}
    states = [
        export([], CUT_SHORT[:1], {key: secret(value, shown) for key, value in given.items()})
        for shown in (False, True)
    ]
    handed: list[Any] = []

    def reached(configuration: Any) -> Aws:
        handed.append(configuration)
        return Aws(configuration)

    monkeypatch.setattr(finders, "Aws", reached)
    monkeypatch.setattr(finders, "FINDERS", {VPC: lambda aws, pending: ["vpc-1"]})
    pulumi = engine(states[0], shown=states[1])
    assert run(pulumi, monkeypatch, "--yes")[0] == 0
    assert handed == [{"region": "us-east-1", **given}] * 2
    assert pulumi.export().ids_of(urn(VPC, "vpc")) == ["vpc-1"]
    assert "hidden" not in "".join(pulumi.states)


def test_up_runs_afterwards_and_its_status_counts(found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    pulumi = engine(export([], CUT_SHORT))
    assert run(pulumi, monkeypatch, "--yes", "--up")[0] == 7
    assert pulumi.done == ["import", "up"]


@pytest.mark.parametrize(
    ("resources", "candidates"), [([], ["vpc-1", "vpc-2"]), ([resource(VPC, "vpc", {}, "vpc-0")], ["vpc-1"])]
)
def test_several_of_one_name_are_never_guessed_at(
    found: dict[str, list[str]], resources: list[dict[str, Any]], candidates: list[str]
) -> None:
    found["vpc"] = candidates
    pulumi = engine(export(resources, CUT_SHORT))
    with pytest.raises(Ambiguous, match=f"{VPC} vpc: .*{candidates[-1]}") as refused:
        recovery.plan(pulumi, False, Silent())
    assert ("vpc-0 (in the state)" in str(refused.value)) is bool(resources)
    assert pulumi.done == []


def test_a_replacement_that_deleted_first_leaves_one_of_the_name(
    found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed roll: the old instance is gone, and stays in the state until the new one is known."""
    instance = "aws:ec2/instance:Instance"
    found["worker-a-0"] = ["i-new"]
    old = resource(instance, "worker-a-0", {}, "i-old") | {"pendingReplacement": True}
    pulumi = engine(export([old], [operation("creating", resource(instance, "worker-a-0", {}))]))
    assert run(pulumi, monkeypatch, "--yes")[0] == 0
    (made,) = (each for each in pulumi.export().resources if each["type"] == instance)
    assert made["id"] == "i-new"


def test_one_that_is_made_again_under_the_same_id_is_taken_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The id of a route, a role or a Kubernetes object is its name."""
    old = resource(ROUTE, "default", {}, "r-rtb-1") | {"pendingReplacement": True}
    pulumi = engine(export([old], CUT_SHORT[1:]))
    monkeypatch.setattr(finders, "FINDERS", {ROUTE: lambda aws, pending: ["r-rtb-1"]})
    chosen = recovery.plan(pulumi, False, Silent())
    assert chosen.found == {urn(ROUTE, "default"): ("r-rtb-1", {})}


def test_a_cluster_that_is_gone_takes_its_objects_with_it(found: dict[str, list[str]]) -> None:
    config_map = "kubernetes:core/v1:ConfigMap"
    pending = operation("creating", resource(config_map, "canal-config", {}))
    plan = recovery.plan(engine(export([], [pending])), True, Silent())
    assert [str(each) for each in plan.missing] == [f"{config_map} canal-config"]


HERE = f"created by ada@{socket.gethostname()} (pid {{pid}}) at 2099-01-01T00:00:00Z"


def test_a_lock_that_only_the_engine_can_see_is_settled_on_the_way(
    found: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = HERE.format(pid=2**22 + 1)
    pulumi = engine(export([], CUT_SHORT), "s3://bucket", locked=[dead])
    assert run(pulumi, monkeypatch, "--yes")[0] == 0
    assert pulumi.done == ["cancel", "import"]

    pulumi = engine(export([], CUT_SHORT), "s3://bucket", locked=[HERE.format(pid=os.getpid())])
    with pytest.raises(Locked, match=f"being updated by pid {os.getpid()}"):
        run(pulumi, monkeypatch, "--yes")
    assert pulumi.done == []


def test_an_update_that_came_in_between_is_noticed(found: dict[str, list[str]]) -> None:
    pulumi = engine(export([], CUT_SHORT))
    plan = recovery.plan(pulumi, False, Silent())
    monkey = export([], CUT_SHORT)
    object.__setattr__(pulumi, "replace_state", lambda text: pulumi.states.append(monkey))
    with pytest.raises(RecoveryError, match="another command ran meanwhile"):
        recovery.perform(pulumi, plan, Silent())


def test_a_refresh_that_fails_says_what_to_do_first(found: dict[str, list[str]]) -> None:
    found["vpc"] = ["vpc-1"]
    pulumi = engine(export([], CUT_SHORT))
    plan = recovery.plan(pulumi, False, Silent())

    def fail(urns: Any) -> None:
        raise PulumiFailed("reading the resources: throttled")

    object.__setattr__(pulumi, "refresh", fail)
    with pytest.raises(RecoveryError, match=r"run `pulumi refresh` until it succeeds[^$]*throttled"):
        recovery.perform(pulumi, plan, Silent())
