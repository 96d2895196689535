"""Draining against a real API server, whose eviction subresource judges disruption budgets."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from canal_aws.day_two.errors import Refused, TimedOut
from canal_aws.day_two.nodes import Nodes
from canal_aws.day_two.pods import Allowed
from canal_aws.sandbox.toolchain import ensure
from canal_aws.stack.errors import ApiError
from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.manifests.api_server import ApiServer

pytestmark = pytest.mark.component

PODS = "/api/v1/namespaces/default/pods"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KubernetesApi]:
    """The administrator at an API server on which nothing acts."""
    tools = ensure(["etcd", "kube-apiserver"])
    server = ApiServer(tools.path("etcd"), tools.path("kube-apiserver"), tmp_path_factory.mktemp("api"))
    try:
        server.start()
        kubeconfig = yaml.safe_load(server.kubeconfig_path.read_text())
        cluster = kubeconfig["clusters"][0]["cluster"]
        authority = (server.folder / "apiserver.crt").read_bytes()
        cluster["certificate-authority-data"] = base64.b64encode(authority).decode()
        yield KubernetesApi(yaml.safe_dump(kubeconfig))
    finally:
        server.stop()


@pytest.fixture
def node(api: KubernetesApi) -> Iterator[str]:
    """A Node with instance i-1, removed with its pods at the end."""
    made = api.create("/api/v1/nodes", {"metadata": {"name": "worker-a-0"}, "spec": {"providerID": "aws:///z/i-1"}})
    yield "worker-a-0"
    for pod in api.get(PODS)["items"]:
        api.delete(f"{PODS}/{pod['metadata']['name']}", pod["metadata"]["uid"], grace_seconds=0)
    for budget in api.get(BUDGETS)["items"]:
        api.delete(f"{BUDGETS}/{budget['metadata']['name']}", budget["metadata"]["uid"])
    api.delete("/api/v1/nodes/worker-a-0", made["metadata"]["uid"])


def pod(api: KubernetesApi, name: str, owner: str = "ReplicaSet", **metadata: Any) -> None:
    """A Running pod on the node, which ends at once when it is told to."""
    owners = [{"apiVersion": "apps/v1", "kind": owner, "name": "x", "uid": "1", "controller": True}] if owner else []
    spec = {
        "nodeName": "worker-a-0",
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "c", "image": "registry.example/c"}],
    }
    metadata = {"name": name, "labels": {"app": name}, "ownerReferences": owners, **metadata}
    api.create(PODS, {"metadata": metadata, "spec": spec})
    ready = [{"type": "Ready", "status": "True"}]
    api.merge(f"{PODS}/{name}/status", {"status": {"phase": "Running", "conditions": ready}})


def allow(api: KubernetesApi, name: str, disruptions: int) -> None:
    """What the disruption controller would write."""
    generation = api.get(f"{BUDGETS}/{name}")["metadata"]["generation"]
    status = {
        "observedGeneration": generation,
        "disruptionsAllowed": disruptions,
        "currentHealthy": 1,
        "desiredHealthy": 1,
        "expectedPods": 1,
    }
    api.merge(f"{BUDGETS}/{name}/status", {"status": status})


def budget(api: KubernetesApi, name: str) -> None:
    api.create(BUDGETS, {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}}})
    allow(api, name, 0)


def names(api: KubernetesApi) -> set[str]:
    return {each["metadata"]["name"] for each in api.get(PODS)["items"]}


def test_a_drain_takes_what_it_may_and_leaves_daemon_sets_and_mirror_pods(api: KubernetesApi, node: str) -> None:
    pod(api, "web")
    pod(api, "agent", "DaemonSet")
    pod(api, "static", "Node", annotations={"kubernetes.io/config.mirror": "x"})
    nodes = Nodes(api, every=0.3)
    nodes.cordon(node, True)
    assert not nodes.all()[node].schedulable
    nodes.drain(node, Allowed(), 10)
    assert names(api) == {"agent", "static"}


def test_a_budget_is_honoured_until_it_allows_the_eviction(api: KubernetesApi, node: str) -> None:
    pod(api, "web")
    budget(api, "web")
    nodes = Nodes(api, every=0.3)
    with pytest.raises(TimedOut, match=r"default/web \(HTTP 429 .*disruption budget"):
        nodes.drain(node, Allowed(), 0.5)
    assert names(api) == {"web"}
    drain = threading.Thread(target=nodes.drain, args=(node, Allowed(), 20))
    drain.start()
    allow(api, "web", 1)
    drain.join(20)
    assert names(api) == set()


def test_a_pod_without_a_controller_needs_force(api: KubernetesApi, node: str) -> None:
    pod(api, "bare", owner="")
    nodes = Nodes(api, every=0.3)
    with pytest.raises(Refused, match=r"default/bare has no controller .*--force"):
        nodes.drain(node, Allowed(), 10)
    assert names(api) == {"bare"}
    nodes.drain(node, Allowed(force=True), 10)
    assert names(api) == set()


def test_only_the_node_that_is_meant_is_forgotten_and_no_later_one(api: KubernetesApi, node: str) -> None:
    nodes = Nodes(api)
    nodes.forget(node, lambda each: each.belongs_to("i-2"))
    assert nodes.find(node) is not None
    api.delete(f"/api/v1/nodes/{node}", "00000000-0000-0000-0000-000000000000")
    assert nodes.find(node) is not None
    nodes.forget(node, lambda each: each.belongs_to("i-1"))
    nodes.forget(node, lambda each: each.belongs_to("i-1"))
    assert nodes.find(node) is None


def test_a_node_is_waited_for_until_it_is_the_new_instances_and_ready(api: KubernetesApi, node: str) -> None:
    ready = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
    api.merge(f"/api/v1/nodes/{node}/status", ready)
    nodes = Nodes(api, every=0.2)
    nodes.wait_for_ready(node, "i-1", 5)
    with pytest.raises(TimedOut, match=r"i-2 has not registered as worker-a-0.*start-session --target i-2"):
        nodes.wait_for_ready(node, "i-2", 0.5)
    assert nodes.find(node) is None


def test_an_answer_is_told_with_the_servers_own_words(api: KubernetesApi) -> None:
    assert api.ready()
    with pytest.raises(ApiError, match='nodes "none" not found') as refused:
        api.get("/api/v1/nodes/none")
    assert refused.value.status == 404
