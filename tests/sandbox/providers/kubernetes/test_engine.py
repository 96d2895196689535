"""The stand-in under the real engine: a stack's whole life, failures as users see them, and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.control_plane.control_plane import ControlPlane
from tests.sandbox.engine import Engine
from tests.sandbox.providers.kubernetes.samples import changed, custom_resource, samples, token

pytestmark = pytest.mark.lifecycle

PROGRAM = """
import json
import pulumi
import pulumi_kubernetes

config = pulumi.Config()
kubeconfig = pulumi.Output.secret(open(config.require("kubeconfig")).read())
provider = pulumi_kubernetes.Provider("cluster", kubeconfig=kubeconfig)
made = []
for name, kind, item in json.load(open("objects.json")):
    options = pulumi.ResourceOptions(provider=provider, depends_on=made[-1:])
    made.append(pulumi.CustomResource(kind, name, item, options))
"""

WAIT_SECONDS = 60.0


@pytest.fixture
def engine(kube_api: ControlPlane, tmp_path: Path) -> Engine:
    made = Engine(tmp_path, PROGRAM)
    made.run("config", "set", "kubeconfig", str(kube_api.kubeconfig_path))
    return made


def objects(engine: Engine, *items: dict[str, Any]) -> None:
    listed = [(item["metadata"]["name"], token(item), item) for item in items]
    (engine.project / "objects.json").write_text(json.dumps(listed))


def test_life_of_a_stack(engine: Engine, kube_api: ControlPlane) -> None:
    items = samples("stack")
    items["Pool"] = custom_resource("stack-pool", "StackPool")
    # A custom resource is deleted with its definition; in the foreground it would wait for the garbage
    # collector to notice the new kind, which takes up to 30 s.
    items["Pool"]["metadata"]["annotations"] = {"pulumi.com/deletionPropagationPolicy": "background"}
    objects(engine, *items.values())
    count = len(items) + 2  # the stack and its provider

    assert f"+ {count} to create" in engine.run("preview")
    assert f"+ {count} created" in engine.up()
    assert f"{count} unchanged" in engine.up()
    assert f"{count} unchanged" in engine.run("refresh", "--yes", "--skip-preview")
    state = engine.run("stack", "export")
    assert "client-key-data" not in state, "the kubeconfig is a secret"
    assert "managedFields" not in state

    items["ConfigMap"] = changed(items["ConfigMap"], "data.veth_mtu", "8981")
    items["DaemonSet"] = changed(items["DaemonSet"], "spec.template.spec.containers.0.image", "example.invalid/image:2")
    objects(engine, *items.values())
    said = engine.up()
    assert "~ 1 updated" in said
    assert "+-1 replaced" in said
    assert f"{count} unchanged" in engine.run("refresh", "--yes", "--skip-preview")

    path = f"/api/v1/namespaces/default/configmaps/{items['ConfigMap']['metadata']['name']}"
    kube_api.admin.delete(path)
    assert "- 1 deleted" in engine.run("refresh", "--yes", "--skip-preview")
    assert "+ 1 created" in engine.up()

    assert f"- {count} deleted" in engine.run("destroy", "--yes", "--skip-preview")
    assert kube_api.admin.find(path) is None


def test_import_by_id(engine: Engine, kube_api: ControlPlane) -> None:
    item = samples("imported")["ConfigMap"]
    kube_api.admin.create("/api/v1/namespaces/default/configmaps", item)
    engine.program(PROGRAM.replace("depends_on=made[-1:]", 'import_="default/imported-configmap"'))
    objects(engine, item)
    assert "= 1 imported" in engine.up()
    engine.program(PROGRAM)
    assert "3 unchanged" in engine.up()
    engine.run("destroy", "--yes", "--skip-preview")


def test_refusals_are_one_line_each(engine: Engine) -> None:
    objects(engine, changed(samples("wrong")["ConfigMap"], "dta", {}))
    said = engine.up(status=1)
    assert "property dta" in said
    objects(engine, changed(samples("wrong")["DaemonSet"], "spec.bogus", 1))
    said = engine.up(status=1)
    assert "error: DaemonSet default/wrong-daemonset: " in said
    assert "Traceback" not in said


def test_object_that_is_not_ready_is_kept(engine: Engine) -> None:
    item = changed(samples("late")["Deployment"], "spec.template.spec.nodeSelector", {"no-such": "node"})
    stuck = changed(item, "metadata.annotations", {"pulumi.com/timeoutSeconds": "1"})
    objects(engine, stuck)
    assert "is not ready after 1 s: 0 of 1 replicas available" in engine.up(status=1)
    objects(engine, changed(stuck, "spec.template.spec.nodeSelector", {}))
    assert "~ 1 updated" in engine.up()
    engine.run("destroy", "--yes", "--skip-preview")


def test_the_programs_own_timeouts_go_before_the_annotation(engine: Engine) -> None:
    timed = PROGRAM.replace(
        "depends_on=", 'custom_timeouts=pulumi.CustomTimeouts(create="1s", update="2s"), depends_on='
    )
    engine.program(timed)
    item = changed(samples("timed")["Deployment"], "spec.template.spec.nodeSelector", {"no-such": "node"})
    item = changed(item, "metadata.annotations", {"pulumi.com/timeoutSeconds": "600"})
    objects(engine, item)
    assert "is not ready after 1 s" in engine.up(status=1)
    objects(engine, changed(item, "spec.template.spec.nodeSelector", {"no-such": "other"}))
    assert "is not ready after 2 s" in engine.up(status=1)
    engine.run("destroy", "--yes", "--skip-preview")


def _waiting(engine: Engine, kube_api: ControlPlane, name: str) -> subprocess.Popen[bytes]:
    """An `up` that waits for a Deployment that cannot become ready."""
    item = changed(samples(name)["Deployment"], "spec.template.spec.nodeSelector", {"no-such": "node"})
    objects(engine, item)
    process = subprocess.Popen(
        engine.command("up", "--yes", "--skip-preview"),
        cwd=engine.project,
        env=engine.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    path = f"/apis/apps/v1/namespaces/default/deployments/{item['metadata']['name']}"
    deadline = time.monotonic() + WAIT_SECONDS
    while kube_api.admin.find(path) is None:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.05)
    return process


def _gone(processes: list[psutil.Process]) -> bool:
    return not psutil.wait_procs(processes, timeout=10)[1]


def test_killed_engine_leaves_no_plugin(engine: Engine, kube_api: ControlPlane) -> None:
    process = _waiting(engine, kube_api, "killed")
    children = psutil.Process(process.pid).children(recursive=True)
    assert len(children) >= 2, "the language host and the provider"
    process.kill()
    process.wait()
    assert _gone(children)
    kube_api.admin.delete("/apis/apps/v1/namespaces/default/deployments/killed-deployment")


def test_interrupt_ends_the_wait_and_keeps_the_object(engine: Engine, kube_api: ControlPlane) -> None:
    process = _waiting(engine, kube_api, "interrupted")
    children = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(WAIT_SECONDS) != 0
    assert _gone(children)
    assert "interrupted-deployment" in engine.run("stack", "export")
    engine.run("destroy", "--yes", "--skip-preview")
