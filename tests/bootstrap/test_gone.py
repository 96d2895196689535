"""What a control-plane node forgets of ended instances, and when it rather does nothing."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.bootstrap.conftest import MakeNode
from tests.bootstrap.node import Node

pytestmark = pytest.mark.component

OWN = "i-0123456789abcdef0"


def control_plane(make_node: MakeNode, *nodes: tuple[str, str], **members: str) -> Node:
    """A control-plane node; `nodes` are (name, instance) of the API's Nodes, `members` addresses by name of etcd's."""
    node = make_node("control-plane", {}, {})
    items: list[dict[str, Any]] = [
        {
            "metadata": {"name": name, "uid": f"uid-{name}"},
            "spec": {"providerID": f"aws:///us-east-1a/{instance}"} if instance else {},
        }
        for name, instance in nodes
    ]
    node.machine.fixture("nodes.json", json.dumps({"items": items}))
    node.cluster.members = [
        {"ID": str(n), "name": name.replace("_", "-").strip("-"), "peerURLs": [f"https://{address}:2380"]}
        for n, (name, address) in enumerate(members.items())
    ]
    node.machine.execute("/bin/bash", "-c", "cp -r /fixtures/etcd /etc/kubernetes/pki/", url=node.services.url)
    return node


def run(node: Node) -> subprocess.CompletedProcess[str]:
    return node.machine.run("gone.sh", url=node.services.url)


def deleted(node: Node) -> dict[str, Any]:
    """The Nodes that were deleted, with the options of the request."""
    folder = node.machine.root / "captured"
    return {file.stem.removeprefix("deleted-"): json.loads(file.read_text()) for file in folder.glob("deleted-*")}


def test_the_node_of_an_ended_instance_is_deleted_and_only_the_one_that_was_seen(make_node: MakeNode) -> None:
    node = control_plane(make_node, ("node-a", OWN), ("worker-1", "i-0aa"), ("worker-2", "i-0bb"), ("other", ""))
    node.services.instances |= {"i-0aa": ("10.0.1.1", "terminated"), "i-0cc": ("10.0.1.3", "running")}
    done = run(node)
    assert done.returncode == 0, done.stderr
    assert {name: each["preconditions"] for name, each in deleted(node).items()} == {
        "worker-1": {"uid": "uid-worker-1"},
        "worker-2": {"uid": "uid-worker-2"},
    }
    assert "i-0aa is gone: its Node worker-1 is deleted" in done.stderr


@pytest.mark.parametrize("state", ["pending", "running", "stopping", "stopped"])
def test_an_instance_that_may_come_back_keeps_its_node(make_node: MakeNode, state: str) -> None:
    node = control_plane(make_node, ("node-a", OWN), ("worker-1", "i-0aa"))
    node.services.instances["i-0aa"] = ("10.0.1.1", state)
    assert run(node).returncode == 0
    assert deleted(node) == {}


@pytest.mark.parametrize("wrong", ["without the asker", "incomplete", "refused"])
def test_nothing_is_concluded_from_an_answer_that_cannot_be_whole(make_node: MakeNode, wrong: str) -> None:
    node = control_plane(make_node, ("node-a", OWN), ("worker-1", "i-0aa"), gone_member="10.0.16.99")
    if wrong == "without the asker":
        node.services.instances.clear()
    node.services.incomplete = wrong == "incomplete"
    node.services.ec2_refuses = "UnauthorizedOperation" if wrong == "refused" else ""
    done = run(node)
    assert done.returncode != 0
    assert deleted(node) == {}
    assert node.cluster.removed == []
    said = "ec2 DescribeInstances: HTTP 403 UnauthorizedOperation" if wrong == "refused" else "nothing is concluded"
    assert said in done.stderr


def test_a_control_plane_nodes_member_goes_before_its_node(make_node: MakeNode) -> None:
    """The Node is what a replacement waits for: by then etcd must not know its address any more."""
    node = control_plane(make_node, ("node-a", OWN), ("node-b", "i-0bb"), node_a="10.0.16.10", node_b="10.0.16.11")
    done = run(node)
    assert done.returncode == 0, done.stderr
    assert node.cluster.removed == ["1"]
    assert list(deleted(node)) == ["node-b"]
    assert node.machine.called("kubectl -n kube-system delete pods")[0].count("spec.nodeName=node-b") == 1


def test_a_member_that_etcd_keeps_keeps_its_node(make_node: MakeNode) -> None:
    node = control_plane(
        make_node, ("node-a", OWN), ("node-b", "i-0bb"), ("worker-1", "i-0aa"), node_a="10.0.16.10", node_b="10.0.16.11"
    )
    node.cluster.unremovable = {"1"}
    done = run(node)
    assert done.returncode == 0, done.stderr
    assert "etcd keeps the member 1 for now" in done.stderr
    assert list(deleted(node)) == ["worker-1"]


def test_a_member_without_a_node_goes_unless_somebody_lives_at_its_address(make_node: MakeNode) -> None:
    """Its instance ended while it joined, or somebody else deleted the Node; a joining one has no Node yet either."""
    node = control_plane(make_node, ("node-a", OWN), node_a="10.0.16.10", node_b="10.0.16.11", _="10.0.16.12")
    node.services.instances["i-0cc"] = ("10.0.16.12", "running")
    # Of a second stack, whose VPC has the same range.
    node.services.instances["i-0bb"] = ("10.0.16.11", "running")
    node.services.foreign = {"i-0bb"}
    done = run(node)
    assert done.returncode == 0, done.stderr
    assert node.cluster.removed == ["1"]


def test_ec2_is_asked_for_200_instances_at_a_time(make_node: MakeNode) -> None:
    node = control_plane(make_node, ("node-a", OWN), *((f"worker-{n}", f"i-{n:04x}") for n in range(250)))
    node.services.instances |= {f"i-{n:04x}": ("10.0.2.1", "running") for n in range(249)}
    done = run(node)
    assert done.returncode == 0, done.stderr
    assert list(deleted(node)) == ["worker-249"]
    values = [sum(key.startswith("Filter.1.Value.") for key in query) for query in node.services.queries]
    assert values == [200, 53]
