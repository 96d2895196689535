"""What the demo makes of the engine's events and of what it reads back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi import automation

import architectures
from canal_aws.sandbox.demo import lifecycle, measure
from canal_aws.sandbox.demo.events import Events
from canal_aws.sandbox.demo.result import Result, as_json
from canal_aws.sandbox.errors import SandboxProcessError
from tests.sandbox.demo.fake_engine import FakeStack, diagnostic, summary

#: The keys that the demo's JSON promises for each architecture.
PROMISED = {
    "name", "resources", "seconds", "second_up_changes", "refresh_changes", "leftovers", "canal_accepted",
    "pods_ready", "pod_mtu", "source_dest_check", "vpc_routes", "route_warning",
}  # fmt: skip
WARNING = "native-routes: 41 of 50 routes (L-93826ACB): ask for more, or move to calico-ipip"


class FakeControl:
    endpoint = "http://127.0.0.1:1"

    def __init__(self, leftovers: list[str] | None = None) -> None:
        self._leftovers = leftovers or []
        self.resets = 0

    def reset_calls(self) -> None:
        self.resets += 1

    def calls(self) -> dict[str, int]:
        return {"ec2:RunInstances": 7, "ec2:CreateVpc": 1}

    def leftovers(self) -> list[str]:
        return self._leftovers


class SilentBoard:
    def __init__(self) -> None:
        self.phases: list[str] = []

    @contextmanager
    def phase(self, architecture: str, name: str, events: Events) -> Iterator[None]:
        self.phases.append(name)
        yield


def script(**changed: list[list[Any]]) -> dict[str, list[list[Any]]]:
    """A run in which all goes well, but for what is `changed`."""
    fine = {
        "up": [[summary(create=140)], [summary(same=140)]],
        "refresh": [[summary(same=140)]],
        "destroy": [[summary(delete=140)]],
    }
    return {**fine, **changed}


@pytest.fixture
def read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "provisioned", lambda *_: measure.Provisioned(7, False, 7))
    monkeypatch.setattr(measure, "deployed", lambda *_: measure.Deployed(True, 9001))


def run(
    monkeypatch: pytest.MonkeyPatch, stack: FakeStack, control: FakeControl | None = None, workers: int | None = None
) -> tuple[Result, SilentBoard]:
    place = lifecycle.Place(
        project=Path("/project"),
        engine=None,  # type: ignore[arg-type]
        control=control or FakeControl(),  # type: ignore[arg-type]
        region="us-east-1",
        kubectl=Path("kubectl"),
        env={},
        sandbox_memory=lambda: 2**30,
        engine_memory=lambda: 2**20,
        seconds={"up": 21.0, "refresh": 3.0, "destroy": 9.0},
    )
    monkeypatch.setattr(automation, "create_or_select_stack", lambda *_, **__: stack)
    monkeypatch.setattr(automation, "LocalWorkspaceOptions", lambda **_: None)
    board = SilentBoard()
    made = lifecycle.Lifecycle(place, board, architectures.NATIVE_ROUTES, [], workers)
    return made.run(), board


@pytest.mark.usefixtures("read_back")
def test_a_good_run_has_the_promised_json(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack(script(), {"vpcId": "vpc-1", "kubeconfig": "{}"})
    result, board = run(monkeypatch, stack)
    written = json.loads(json.dumps(as_json([result], 60.0)))["architectures"][0]

    assert written.keys() >= PROMISED
    assert {key: written[key] for key in PROMISED} == {
        "name": "native-routes", "resources": 140, "seconds": 21.0, "second_up_changes": 0, "refresh_changes": 0,
        "leftovers": [], "canal_accepted": True, "pods_ready": "simulated", "pod_mtu": 9001,
        "source_dest_check": False, "vpc_routes": 7, "route_warning": None,
    }  # fmt: skip
    assert written["aws_calls"] == 8
    assert written["sandbox_memory_peak_bytes"] == 2**30
    assert board.phases == ["up", "up again", "refresh", "destroy"]
    assert result.as_expected


@pytest.mark.usefixtures("read_back")
def test_settings_reach_the_stack_typed_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack(script(), {"vpcId": "vpc-1", "kubeconfig": "{}"})
    run(monkeypatch, stack, workers=0)
    assert stack.config["canal-aws:architecture"] == "native-routes"
    assert stack.config["canal-aws:workersPerZone"] == "0"
    assert stack.config["canal-aws:apiAllowedCidrs[0]"] == "203.0.113.0/24"


@pytest.mark.usefixtures("read_back")
def test_the_route_warning_is_the_one_with_the_quota_code_and_without_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = [diagnostic("warning", "something else"), diagnostic("warning", WARNING), summary(create=140)]
    result, _ = run(monkeypatch, FakeStack(script(up=[first, [summary(same=140)]]), {"vpcId": "v"}))
    assert result.route_warning == WARNING
    assert result.as_expected


@pytest.mark.usefixtures("read_back")
@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"up": [[summary(create=2)], [summary(same=1, update=1)]]}, "the second `up` changed 1 "),
        ({"refresh": [[summary(same=138, update=1, delete=1)]]}, "`refresh` found 2 "),
    ],
)
def test_changes_where_none_are_due_are_complained_of(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, list[list[Any]]], complaint: str
) -> None:
    result, _ = run(monkeypatch, FakeStack(script(**changed), {"vpcId": "v"}))
    assert not result.as_expected
    assert any(said.startswith(complaint) for said in result.complaints())


@pytest.mark.usefixtures("read_back")
def test_leftovers_are_complained_of(monkeypatch: pytest.MonkeyPatch) -> None:
    control = FakeControl(["eip eipalloc-1"])
    result, _ = run(monkeypatch, FakeStack(script(), {"vpcId": "v"}), control)
    assert result.leftovers == ["eip eipalloc-1"]
    assert not result.as_expected
    assert "eipalloc-1" in result.complaints()[-1]


def test_a_refused_up_is_the_result_and_is_still_cleaned_up(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = "native-routes needs 52 routes, the quota L-93826ACB is 50"
    stack = FakeStack(script(up=[[diagnostic("error", refusal), diagnostic("error", "update failed")]]), {})
    result, _ = run(monkeypatch, stack)
    assert result.error == f"up: {refusal}"
    assert stack.commands == ["up", "destroy"]
    assert result.seconds is None
    assert not result.as_expected
    assert result.complaints() == [result.error]


def test_a_silent_failure_shows_what_the_command_said(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack(script(destroy=[[diagnostic("error", " ")]]), {"vpcId": "v"})
    monkeypatch.setattr(measure, "provisioned", lambda *_: measure.Provisioned(1, True, 0))
    monkeypatch.setattr(measure, "deployed", lambda *_: measure.Deployed(True, 8951))
    result, _ = run(monkeypatch, stack)
    assert result.error is not None
    assert "error: update failed" in result.error


def test_a_cluster_that_does_not_answer_ends_the_run_with_destroy(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> measure.Deployed:
        raise SandboxProcessError("the cluster's API did not answer")

    monkeypatch.setattr(measure, "provisioned", lambda *_: measure.Provisioned(7, False, 7))
    monkeypatch.setattr(measure, "deployed", silent)
    stack = FakeStack(script(), {"vpcId": "v"})
    result, _ = run(monkeypatch, stack)
    assert result.error == "the cluster's API did not answer"
    assert stack.commands == ["up", "destroy"]


def test_ctrl_c_destroys_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(FakeStack):
        def up(self, **_: Any) -> Any:
            raise KeyboardInterrupt

    stack = Interrupted(script(), {})
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, stack)
    assert stack.commands == []
