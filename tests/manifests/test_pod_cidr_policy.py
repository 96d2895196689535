"""A real API server decides which pod CIDRs kubelets may claim; NodeRestriction and the Node authoriser are on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
import requests

from canal_aws.manifests import Manifest, pod_cidr_policy
from tests.manifests.api_server import ApiServer
from tests.manifests.server_side_apply import KubeApi

pytestmark = pytest.mark.component

PLAN = {"node-a": "10.128.1.0/24", "node-b": "10.128.2.0/24", "node-c": "10.128.3.0/24"}
_SEEN_WITHIN = 20.0  # seconds until the server's own watches have seen a change


class Nodes:
    """What one user does with Nodes: the API server's answer to each request."""

    def __init__(self, server: ApiServer, user: str) -> None:
        self._url = server.url + "/api/v1/nodes"
        self._session = server.session(user)

    def create(self, name: str, **spec: object) -> requests.Response:
        body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec}
        return self._session.post(self._url, json=body, timeout=10)

    def claim(self, name: str, *pod_cidrs: str, dry_run: bool = False) -> requests.Response:
        return self.change(name, {"spec": {"podCIDR": pod_cidrs[0], "podCIDRs": pod_cidrs}}, dry_run=dry_run)

    def change(self, name: str, patch: Manifest, path: str = "", dry_run: bool = False) -> requests.Response:
        headers = {"Content-Type": "application/merge-patch+json"}
        parameters = {"dryRun": "All"} if dry_run else {}
        url = f"{self._url}/{name}{path}"
        return self._session.patch(url, params=parameters, json=patch, headers=headers, timeout=10)

    def delete(self, name: str) -> None:
        self._session.delete(f"{self._url}/{name}", timeout=10)


@pytest.fixture(scope="module")
def planned(api_server: ApiServer, canal_api: KubeApi) -> Iterator[ApiServer]:
    """The policy in force, and a Node of node-a and node-b that has claimed nothing yet."""
    policy = pod_cidr_policy(PLAN)
    for item in policy:
        canal_api.apply(item)
    for name in ("node-a", "node-b", "stranger"):
        created = Nodes(api_server, name).create(name)
        assert created.ok, created.text
    until(lambda: Nodes(api_server, "node-b").claim("node-b", "10.128.250.0/24", dry_run=True), 403)
    yield api_server
    for item in reversed(policy):
        canal_api.delete(item)
    for name in (*PLAN, "stranger"):
        Nodes(api_server, "admin").delete(name)


def until(ask: Callable[[], requests.Response], status: int) -> None:
    """The API server learns of policies and their parameters from watches of its own, in a second or so."""
    deadline = time.monotonic() + _SEEN_WITHIN
    while (answer := ask()).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)


def test_a_node_may_claim_its_planned_pod_cidr_and_goes_on_as_a_kubelet(planned: ApiServer) -> None:
    kubelet = Nodes(planned, "node-a")
    claimed = kubelet.claim("node-a", PLAN["node-a"])
    assert claimed.ok, claimed.text
    assert claimed.json()["spec"]["podCIDRs"] == [PLAN["node-a"]]
    for patch, path in (
        ({"metadata": {"annotations": {"a": "b"}}}, ""),
        ({"status": {"capacity": {"cpu": "2"}}}, "/status"),
    ):
        changed = kubelet.change("node-a", patch, path)
        assert changed.ok, changed.text


def test_a_node_may_not_claim_anothers(planned: ApiServer) -> None:
    refused = Nodes(planned, "node-b").claim("node-b", PLAN["node-c"])
    assert refused.status_code == 403
    message = refused.json()["message"]
    assert "spec.podCIDR 10.128.3.0/24 of node node-b is not its planned one (10.128.2.0/24)" in message
    assert "kube-system/canal-aws-pod-cidrs" in message


def test_nor_one_more_beside_its_own(planned: ApiServer) -> None:
    refused = Nodes(planned, "node-b").claim("node-b", PLAN["node-b"], "fd00:1::/64")
    assert refused.status_code == 403
    assert "is not its planned one" in refused.text


def test_nor_one_for_another_node(planned: ApiServer) -> None:
    """NodeRestriction's part."""
    refused = Nodes(planned, "node-a").claim("node-b", PLAN["node-b"])
    assert refused.status_code == 403
    assert "is not allowed to modify node" in refused.text


def test_nor_while_it_registers(planned: ApiServer) -> None:
    """Whoever holds a node's key could delete nothing, but could register after someone else deleted the Node."""
    Nodes(planned, "admin").delete("node-b")
    kubelet = Nodes(planned, "node-b")
    refused = kubelet.create("node-b", podCIDR=PLAN["node-c"])
    assert refused.status_code == 403, refused.text
    assert "is not its planned one" in refused.text
    created = kubelet.create("node-b", podCIDR=PLAN["node-b"])
    assert created.ok, created.text
    Nodes(planned, "admin").delete("node-b")
    assert kubelet.create("node-b").ok


def test_a_node_that_nobody_planned_has_none_to_claim(planned: ApiServer) -> None:
    refused = Nodes(planned, "stranger").claim("stranger", PLAN["node-c"])
    assert refused.status_code == 403
    assert "is not its planned one (it has none)" in refused.text


@pytest.mark.parametrize("user", ["admin", "controllers"])
def test_administrators_and_controllers_are_not_asked(planned: ApiServer, user: str) -> None:
    """A controller manager that hands out pod CIDRs, or a repair by hand."""
    nodes = Nodes(planned, user)
    if user == "admin":
        assert nodes.create("node-c", podCIDR="10.99.0.0/24").ok
        nodes.delete("node-c")
    answer = nodes.claim("node-b", "10.99.0.0/24", dry_run=True)
    # The controller manager itself may update no Node: RBAC refuses its user before any policy is asked.
    assert answer.ok if user == "admin" else "is not its planned one" not in answer.text


def test_a_node_added_to_the_plan_may_claim_at_once(planned: ApiServer, canal_api: KubeApi) -> None:
    kubelet = Nodes(planned, "stranger")
    wider = pod_cidr_policy({**PLAN, "stranger": "10.128.9.0/24"})[0]
    canal_api.apply(wider)
    until(lambda: kubelet.claim("stranger", "10.128.9.0/24", dry_run=True), 200)
    assert kubelet.claim("stranger", "10.128.8.0/24").status_code == 403
    assert kubelet.claim("stranger", "10.128.9.0/24").ok


def test_without_the_plan_everyones_nodes_work_on(planned: ApiServer, canal_api: KubeApi) -> None:
    """Denying instead would refuse every change of every Node, the node controller's too."""
    (config_map, *_) = pod_cidr_policy(PLAN)
    canal_api.delete(config_map)
    kubelet = Nodes(planned, "node-b")
    until(lambda: kubelet.claim("node-b", PLAN["node-c"], dry_run=True), 200)
    for user in ("admin", "node-b"):
        assert Nodes(planned, user).change("node-b", {"metadata": {"annotations": {"a": "b"}}}).ok
    canal_api.apply(config_map)
    until(lambda: kubelet.claim("node-b", PLAN["node-c"], dry_run=True), 403)
