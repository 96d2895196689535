"""The exported state: what was under way, and what becomes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import StackError
from tests.recovery.states import PROVIDER, export, operation, resource, tags

VPC = "aws:ec2/vpc:Vpc"
INSTANCE = "aws:ec2/instance:Instance"
ATTACHMENT = "aws:lb/targetGroupAttachment:TargetGroupAttachment"
PARAMETER = "aws:ssm/parameter:Parameter"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}


def settled(state: Deployment, *found: tuple[str, str]) -> dict[str, Any]:
    deployment: dict[str, Any] = json.loads(state.settled({each: (made, {}) for each, made in found}))["deployment"]
    return deployment


def test_pending_operations_are_read_without_components_and_providers() -> None:
    provider = resource("pulumi:providers:kubernetes", "kubernetes", {})
    # A kill that meets the engine while it registers a component leaves it so.
    component = resource("canal-aws:infra:PodRoutes", "pod-routes", {}) | {"custom": False}
    vpc = resource(VPC, "vpc", {"cidrBlock": "10.0.0.0/16", "tags": tags("vpc")})
    state = Deployment(export([], [operation("creating", each) for each in (provider, component, vpc)]))
    (pending,) = state.pending()
    assert (pending.operation, pending.type, pending.name) == ("creating", VPC, "vpc")
    assert pending.provider == PROVIDER
    assert pending.tags == tags("vpc")
    assert state.has_pending()
    assert not Deployment(settled_text(state)).has_pending()


def settled_text(state: Deployment) -> str:
    return state.settled({})


def test_a_found_resource_keeps_its_inputs_and_gets_its_id() -> None:
    inputs = {
        "__defaults": ["name"],
        "name": "kubeconfig",
        "valueWo": SECRET,
        "valueWoVersion": 1,
        "nested": {"__defaults": [], "kept": [{"__x": 1, "y": 2}]},
    }
    pending = resource(PARAMETER, "kubeconfig", inputs)
    state = Deployment(export([], [operation("creating", pending)]))
    made = settled(state, (pending["urn"], "kubeconfig"))["resources"][-1]
    assert made["inputs"] == inputs
    assert made["id"] == "kubeconfig"
    # The provider reads on from what it would have recorded: no marks of the engine, and of a write-only value only
    # that there is one, without which a refresh would bring the real one.
    assert made["outputs"] == {
        "id": "kubeconfig",
        "name": "kubeconfig",
        "hasValueWo": True,
        "valueWoVersion": 1,
        "nested": {"kept": [{"y": 2}]},
    }
    assert made["provider"] == pending["provider"]


def test_what_was_not_found_is_forgotten_and_nothing_else_changes() -> None:
    vpc = resource(VPC, "vpc", {"cidrBlock": "10.0.0.0/16"}, "vpc-1")
    text = export([vpc], [operation("creating", resource(VPC, "second", {})), operation("updating", vpc)])
    before = json.loads(text)["deployment"]["resources"]
    after = settled(Deployment(text))
    assert after["resources"] == before
    assert "pending_operations" not in after


def test_an_update_under_way_is_never_taken_for_a_creation() -> None:
    vpc = resource(VPC, "vpc", {}, "vpc-1")
    state = Deployment(export([vpc], [operation("updating", vpc)]))
    assert len(settled(state, (vpc["urn"], "vpc-1"))["resources"]) == 2


def test_a_found_replacement_takes_the_place_of_the_one_that_was_deleted_for_it() -> None:
    """What depends on it stays behind it, and the engine takes no state with two of a URN."""
    old = resource(INSTANCE, "worker-a-0", {}, "i-old") | {"pendingReplacement": True}
    dependent = resource(ATTACHMENT, "worker-a-0", {}, "tg,i-old") | {"dependencies": [old["urn"]]}
    new = resource(INSTANCE, "worker-a-0", {"launchTemplate": {"version": "2"}}) | {"pendingReplacement": False}
    state = Deployment(export([old, dependent], [operation("creating", new)]))
    assert state.ids_of(old["urn"]) == []
    assert (INSTANCE, "i-old") not in state.ids()
    # The plan of the next `up` keeps the node where it is, though it is deleted.
    assert state.living()[old["urn"]] == old

    made, behind = settled(state, (old["urn"], "i-new"))["resources"][1:]
    assert (made["id"], made["inputs"], made["pendingReplacement"]) == ("i-new", new["inputs"], False)
    assert behind == dependent
    assert settled(state)["resources"][1:] == [old, dependent]


def test_a_state_with_nothing_in_it() -> None:
    state = Deployment(json.dumps({"version": 3, "deployment": None}))
    assert not state.pending()
    assert state.ids() == set()


def test_a_missing_provider_is_said() -> None:
    with pytest.raises(StackError, match="a provider that it does not hold"):
        Deployment(export([], [])).inputs_of("urn:pulumi:dev::canal-aws::pulumi:providers:aws::other")
