"""flannel-vxlan from `up` to `destroy`, with what must not disturb it in between, and a roll. The tests run in their order."""

from __future__ import annotations

import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life
from tests.lifecycle.stacks import ALLOWED_CIDR

pytestmark = pytest.mark.lifecycle

_ROLLED, _LEFT = "worker-a-0", "worker-b-0"
_ONE_MORE_LINE = "one more line that does nothing"
# Of TEST-NET-1 and -2 (RFC 5737).
_KEPT_CIDR, _ANOTHER_CIDR = "192.0.2.0/24", "198.51.100.0/24"


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack(
        "vxlan",
        architecture="flannel-vxlan",
        workersPerZone=1,
        apiAllowedCidrs=[ALLOWED_CIDR, _KEPT_CIDR],
        tags={"team": "network"},
    )
    stack.up()
    return Life(stack, aws, tmp_path_factory.mktemp("vxlan"))


def test_aws_has_what_the_description_says(life: Life) -> None:
    life.check_aws(life.plan("abc"))


def test_kubernetes_has_what_the_description_says(life: Life) -> None:
    life.check_kubernetes(life.plan("abc"))


def test_no_secret_is_in_the_state(life: Life) -> None:
    life.check_secrets()


def test_the_kubeconfig_is_written_for_its_owner_alone(life: Life, tmp_path: Path) -> None:
    file = tmp_path / "admin.yaml"
    said = life.stack.canal_aws("kubeconfig", "--output", str(file)).stdout
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text() == life.stack.outputs()["kubeconfig"]
    assert f"export KUBECONFIG={file}" in said
    assert life.stack.canal_aws("kubeconfig", "-o", "-").stdout == file.read_text()


def test_nothing_is_outdated_after_an_up(life: Life) -> None:
    assert "Every node is as the last `pulumi up` would make it." in life.stack.canal_aws("roll", "--dry-run").stdout


def test_up_again_changes_nothing(life: Life) -> None:
    assert life.stack.up().changes == ()


def test_refresh_finds_no_difference(life: Life) -> None:
    assert life.stack.refresh().changes == ()


def test_newer_images_and_user_data_touch_launch_templates_only(life: Life, sandbox: Sandbox) -> None:
    before = life.cloud()
    versions = {role: before.template(role)["LatestVersionNumber"] for role in ("control-plane", "worker")}
    launched = {name: (each["InstanceId"], each["LaunchTime"]) for name, each in before.instances.items()}
    sandbox.control().newer_images()
    script = life.stack.own_copy("canal_aws") / "bootstrap" / "templates" / "install.sh.j2"
    script.write_text(script.read_text() + f"# {_ONE_MORE_LINE}\n")

    done = life.stack.up()

    assert done.touched() == {"update LaunchTemplate control-plane", "update LaunchTemplate worker"}
    assert {change.diffs for change in done.changes} == {("imageId", "userData")}
    after = life.cloud()
    assert {name: (each["InstanceId"], each["LaunchTime"]) for name, each in after.instances.items()} == launched
    for role, version in versions.items():
        newest = after.template(role)
        assert newest["LatestVersionNumber"] == newest["DefaultVersionNumber"] == version + 1
        assert _ONE_MORE_LINE in after.template_data(role)["UserData"]


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


def test_a_roll_makes_an_outdated_worker_anew_and_nothing_else(life: Life) -> None:
    """Its pods move within their disruption budget, and the newest version is what it gets, though a refresh before read
    the version that it was of into the state."""
    life.stack.refresh()
    api = KubernetesApi(life.stack.outputs()["kubeconfig"])
    deployment, budget = web("web", 3)
    api.create("/apis/apps/v1/namespaces/default/deployments", deployment)
    api.create("/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
    before = life.cloud().instance_ids

    refused = life.stack.canal_aws("roll", "--only", "control-plane-9", status=2).stderr
    assert "control-plane-9" in refused
    planned = life.stack.canal_aws("roll", "--dry-run").stdout
    assert f"1. {_ROLLED} ({before[_ROLLED]}): image" in planned
    assert "control-plane-0 is not replaced" in planned
    life.stack.canal_aws("roll", "--yes", "--only", _ROLLED)

    after = life.cloud()
    assert {name for name, key in after.instance_ids.items() if before[name] != key} == {_ROLLED}
    assert after.instances[_ROLLED]["ImageId"] != after.instances[_LEFT]["ImageId"]
    assert after.instances[_ROLLED]["PrivateIpAddress"] == "10.0.0.16"
    node = api.get(f"/api/v1/nodes/{_ROLLED}")
    assert node["spec"]["providerID"].endswith(f"/{after.instance_ids[_ROLLED]}")
    assert "unschedulable" not in node["spec"]
    assert life.stack.preview("--expect-no-changes").changes == ()
    left = life.stack.canal_aws("roll", "--dry-run").stdout
    assert _LEFT in left
    assert f"{_ROLLED} " not in left


def test_whom_the_api_admits_changes_that_rule_alone(life: Life) -> None:
    life.stack.configure(apiAllowedCidrs=[_KEPT_CIDR, _ANOTHER_CIDR])
    done = life.stack.up()
    rule = "SecurityGroupIngressRule api-public-from-{}-tcp-6443-6443"
    assert done.touched() == {"create " + rule.format("198.51.100.0-24"), "delete " + rule.format("203.0.113.0-24")}
    cidrs = {rule["CidrIpv4"] for rule in life.cloud().group_rules() if "CidrIpv4" in rule and not rule["IsEgress"]}
    assert cidrs == {_KEPT_CIDR, _ANOTHER_CIDR}


def test_another_architecture_is_refused_on_a_live_stack(life: Life) -> None:
    life.stack.configure(architecture="native-routes")
    done = life.stack.preview(fails=True)
    life.stack.configure(architecture="flannel-vxlan")
    assert "this stack runs flannel-vxlan" in done.text
    assert "Traceback" not in done.text


@pytest.fixture
def api_server_dead(life: Life, aws: Callable[[str], Any], sandbox: Sandbox) -> None:
    """The stack's only control-plane instance stopped: no API server is behind the load balancers any more."""
    aws("ec2").stop_instances(InstanceIds=[life.cloud().instance_ids["control-plane-0"]])
    deadline = time.monotonic() + 20
    while True:
        (cluster,) = (each for each in sandbox.status().clusters if each["stack"].endswith("/vxlan"))
        if cluster["machines"]["control-plane-0"]["state"] == "stopped":
            return
        assert time.monotonic() < deadline, cluster
        time.sleep(0.1)


def test_destroy_leaves_nothing_though_the_api_server_is_dead(
    life: Life, sandbox: Sandbox, api_server_dead: None
) -> None:
    done = life.stack.destroy()
    assert done.errors == ()
    assert sandbox.control().leftovers() == []
    assert life.stack.resources() == []


def test_the_policies_foresaw_every_call(life: Life) -> None:
    life.check_permissions()
