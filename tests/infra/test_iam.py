"""What instances may do: their own parameters and Session Manager, nothing on EC2."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.program import build, id_of
from tests.infra.shapes import each_architecture


def _statements(role: str, architecture: str) -> list[dict[str, Any]]:
    policy = build(architecture=architecture).of("RolePolicy")[role]
    assert policy.inputs["role"] == id_of("Role", role)
    found: list[dict[str, Any]] = json.loads(policy.inputs["policy"])["Statement"]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return found


@each_architecture
def test_only_session_manager_is_allowed_on_everything(architecture: Any) -> None:
    for role in ("control-plane", "worker"):
        everywhere = [each for each in _statements(role, architecture.name) if each["Resource"] == "*"]
        actions = {action for each in everywhere for action in each["Action"]}
        assert {action.split(":")[0] for action in actions} == {"ssm", "ssmmessages"}
        assert not any("*" in action or "Parameter" in action for action in actions)


@each_architecture
def test_a_worker_reads_how_to_join_and_nothing_else_of_the_clusters(architecture: Any) -> None:
    of_parameters = [each for each in _statements("worker", architecture.name) if each["Resource"] != "*"]
    assert of_parameters == [
        {"Effect": "Allow", "Action": ["ssm:GetParameter"], "Resource": f"arn:{id_of('Parameter', 'join')}"}
    ]


@each_architecture
def test_no_architecture_gives_a_node_a_right_on_ec2(architecture: Any) -> None:
    for role in ("control-plane", "worker"):
        for statement in _statements(role, architecture.name):
            assert not any(action.startswith(("ec2:", "iam:", "kms:")) for action in statement["Action"])


def test_parameters_are_placeholders_whose_value_never_enters_the_state() -> None:
    parameters = build().of("Parameter")
    assert set(parameters) == {"kubeconfig", "join", "control-plane-join"}
    for name, parameter in parameters.items():
        assert parameter.inputs["name"] == f"/canal-aws/dev/{name}"
        assert parameter.inputs["type"] == "SecureString"
        assert "value" not in parameter.inputs
        assert "insecureValue" not in parameter.inputs
