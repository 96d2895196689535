"""The last state is read once: from the command's export, or of the engine where there is no command."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from canal_aws.recovery.untracked import InterruptedUp, StateUnread
from canal_aws.stack.deployment import Deployment
from infra import interrupted, last_state
from infra.last_state import LastState
from infra.stack import Identity

IDENTITY = Identity("organization", "canal-aws", "dev")
_URN = "urn:pulumi:dev::canal-aws::aws:ec2/vpc:Vpc::{}"


def _deployment(**deployment: Any) -> Deployment:
    return Deployment(json.dumps({"version": 3, "deployment": deployment}))


def _vpc(name: str, **more: Any) -> dict[str, Any]:
    return {
        "urn": _URN.format(name),
        "type": "aws:ec2/vpc:Vpc",
        "custom": True,
        "id": name,
        "outputs": {"tags": {}},
        **more,
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine was asked for; it knows of one VPC."""
    calls: list[str] = []

    def invoke(token: str, arguments: dict[str, Any]) -> SimpleNamespace:
        calls.append(token)
        return SimpleNamespace(value={"outputs": {_URN.format("told"): {"outputs": {}}}})

    monkeypatch.setattr("pulumi.runtime.invoke", invoke)
    return calls


def test_one_export_serves_all_and_what_waits_for_its_deletion_is_no_longer_there(
    monkeypatch: pytest.MonkeyPatch, asked: list[str]
) -> None:
    exported = _deployment(resources=[_vpc("vpc"), _vpc("old", delete=True)])
    monkeypatch.setattr(last_state, "state_of", lambda stack: exported)
    state = LastState.of_stack(IDENTITY)
    assert set(state.resources) == {_URN.format("vpc")}
    assert state.deployment is exported
    assert asked == []


def test_without_the_command_the_engine_tells_it(monkeypatch: pytest.MonkeyPatch, asked: list[str]) -> None:
    def missing(stack: str) -> Deployment:
        raise StateUnread("no `pulumi` on PATH")

    monkeypatch.setattr(last_state, "state_of", missing)
    state = LastState.of_stack(IDENTITY)
    assert set(state.resources) == {_URN.format("told")}
    assert (state.deployment, state.unread) == (None, "no `pulumi` on PATH")
    assert len(asked) == 1


def test_an_interrupted_up_is_seen_in_the_same_export_and_warned_of_where_nobody_can_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", said.append)
    creating = {"type": "creating", "resource": _vpc("vpc")}
    with pytest.raises(InterruptedUp, match="canal-aws recover"):
        interrupted.refuse_interrupted(LastState({}, _deployment(pending_operations=[creating])), IDENTITY, "us-east-1")
    interrupted.refuse_interrupted(LastState({}, unread="no `pulumi` on PATH"), IDENTITY, "us-east-1")
    assert "no `pulumi` on PATH" in said[0]
