"""`canal-aws roll` on the real engine: one outdated worker made anew, its pods moved within their disruption budget."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life

pytestmark = pytest.mark.lifecycle

_ROLLED, _LEFT = "worker-a-0", "worker-a-1"


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack("rolled", architecture="flannel-vxlan", availabilityZones="1", workersPerZone=2)
    stack.up()
    return Life(stack, aws, tmp_path_factory.mktemp("rolled"))


def web(name: str, replicas: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A Deployment, and a budget that lets one pod at a time go."""
    labels = {"app": name}
    pod = {"containers": [{"name": "c", "image": "registry.example/c"}], "terminationGracePeriodSeconds": 1}
    deployment = {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }
    budget = {"metadata": {"name": name}, "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels}}}
    return deployment, budget


def test_the_kubeconfig_is_written_for_its_owner_alone(life: Life, tmp_path: Path) -> None:
    file = tmp_path / "admin.yaml"
    said = life.stack.canal_aws("kubeconfig", "--output", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == life.stack.outputs()["kubeconfig"]
    assert f"export KUBECONFIG={file}" in said
    assert life.stack.canal_aws("kubeconfig", "-o", "-").stdout == file.read_text()


def test_nothing_is_outdated_after_an_up(life: Life) -> None:
    assert "Every node is as the last `pulumi up` would make it." in life.stack.canal_aws("roll", "--dry-run").stdout


def test_an_outdated_worker_is_made_anew_and_nothing_else_is(life: Life, sandbox: Sandbox) -> None:
    api = KubernetesApi(life.stack.outputs()["kubeconfig"])
    deployment, budget = web("web", 3)
    api.create("/apis/apps/v1/namespaces/default/deployments", deployment)
    api.create("/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
    before = {name: each["InstanceId"] for name, each in life.cloud().instances.items()}
    sandbox.control().newer_images()

    refused = life.stack.canal_aws("roll", "--only", "control-plane-9", status=2).stderr
    assert "control-plane-9" in refused
    life.stack.up()
    planned = life.stack.canal_aws("roll", "--dry-run").stdout
    assert f"1. {_ROLLED} ({before[_ROLLED]}): image" in planned
    assert "control-plane-0 is not replaced" in planned
    life.stack.canal_aws("roll", "--yes", "--only", _ROLLED)

    instances = life.cloud().instances
    after = {name: each["InstanceId"] for name, each in instances.items()}
    assert {name for name in before if before[name] != after[name]} == {_ROLLED}
    assert instances[_ROLLED]["ImageId"] != instances[_LEFT]["ImageId"]
    assert instances[_ROLLED]["PrivateIpAddress"] == "10.0.0.16"
    node = api.get(f"/api/v1/nodes/{_ROLLED}")
    assert node["spec"]["providerID"].endswith(f"/{after[_ROLLED]}")
    assert "unschedulable" not in node["spec"]
    assert life.stack.preview("--expect-no-changes").changes == ()
    left = life.stack.canal_aws("roll", "--dry-run").stdout
    assert _LEFT in left
    assert f"{_ROLLED} " not in left


def test_a_stack_without_nodes_is_told_what_comes_first(make_stack: MakeStack) -> None:
    stack = make_stack("not-yet")
    assert "run `pulumi up` first" in stack.canal_aws("kubeconfig", status=2).stderr
