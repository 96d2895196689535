"""`canal-aws roll` on the real engine: one outdated worker made anew, its pods moved within their disruption budget."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life
from tests.lifecycle.stacks import CHECKOUT

pytestmark = pytest.mark.lifecycle

_ROLLED, _LEFT = "worker-a-0", "worker-a-1"
_SECONDS = 300.0


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack("rolled", architecture="flannel-vxlan", availabilityZones="1", workersPerZone=2)
    stack.up()
    return Life(stack, aws, tmp_path_factory.mktemp("rolled"))


def canal_aws(life: Life, *words: str, status: int = 0) -> str:
    """What `canal-aws WORDS` says in the stack's folder; an AssertionError where it ends with another status."""
    done = subprocess.run(
        [sys.executable, "-m", "canal_aws", *words, "--stack", life.stack.name, "--cwd", str(life.stack.project)],
        cwd=CHECKOUT,
        env=life.stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


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
    said = canal_aws(life, "kubeconfig", "--output", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == life.stack.outputs()["kubeconfig"]
    assert f"export KUBECONFIG={file}" in said
    assert canal_aws(life, "kubeconfig", "-o", "-") == file.read_text()


def test_nothing_is_outdated_after_an_up(life: Life) -> None:
    assert "Every node is as the last `pulumi up` would make it." in canal_aws(life, "roll", "--dry-run")


def test_an_outdated_worker_is_made_anew_and_nothing_else_is(life: Life, sandbox: Sandbox) -> None:
    api = KubernetesApi(life.stack.outputs()["kubeconfig"])
    deployment, budget = web("web", 3)
    api.create("/apis/apps/v1/namespaces/default/deployments", deployment)
    api.create("/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
    before = {name: each["InstanceId"] for name, each in life.cloud().instances.items()}
    sandbox.control().newer_images()

    refused = canal_aws(life, "roll", "--only", "control-plane-9", status=2)
    assert "control-plane-9" in refused
    life.stack.up()
    planned = canal_aws(life, "roll", "--dry-run")
    assert f"1. {_ROLLED} ({before[_ROLLED]}): image" in planned
    assert "control-plane-0 is not replaced" in planned
    canal_aws(life, "roll", "--yes", "--only", _ROLLED)

    instances = life.cloud().instances
    after = {name: each["InstanceId"] for name, each in instances.items()}
    assert {name for name in before if before[name] != after[name]} == {_ROLLED}
    assert instances[_ROLLED]["ImageId"] != instances[_LEFT]["ImageId"]
    assert instances[_ROLLED]["PrivateIpAddress"] == "10.0.0.16"
    node = api.get(f"/api/v1/nodes/{_ROLLED}")
    assert node["spec"]["providerID"].endswith(f"/{after[_ROLLED]}")
    assert "unschedulable" not in node["spec"]
    assert life.stack.preview("--expect-no-changes").changes == ()
    left = canal_aws(life, "roll", "--dry-run")
    assert _LEFT in left
    assert f"{_ROLLED} " not in left


def test_a_stack_without_nodes_is_told_what_comes_first(make_stack: MakeStack) -> None:
    stack = make_stack("not-yet")
    done = subprocess.run(
        [sys.executable, "-m", "canal_aws", "kubeconfig", "--stack", stack.name, "--cwd", str(stack.project)],
        cwd=CHECKOUT,
        env={**os.environ, **stack.environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "run `pulumi up` first" in done.stderr
