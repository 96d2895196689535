"""Route reflectors past the mesh's limit, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest

from architectures import ARCHITECTURES, CALICO_IPIP, Architecture, CalicoBird
from canal_aws.manifests import ClusterNetwork, build, render_yaml
from canal_aws.manifests.route_reflectors import CLUSTER_ID, LABEL, RouteReflectors, route_reflectors
from tests.manifests.server_side_apply import KubeApi, missing
from tests.manifests.test_golden import GOLDEN, compare

CONTROL_PLANE = ("control-plane-0", "control-plane-1", "control-plane-2")


def past_the_limit() -> RouteReflectors:
    found = route_reflectors(CALICO_IPIP, 101, CONTROL_PLANE)
    assert found is not None
    return found


def test_word_for_word() -> None:
    steps = past_the_limit()
    path: Path = GOLDEN / "route-reflectors.yaml"
    compare(path, render_yaml([*steps.peerings, *steps.nodes, steps.mesh_off]))


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)
@pytest.mark.parametrize("nodes", [1, 100, 101, 1000])
def test_only_where_there_is_a_mesh_and_past_its_limit(architecture: Architecture, nodes: int) -> None:
    wanted = isinstance(architecture.networking, CalicoBird) and nodes > 100
    assert (route_reflectors(architecture, nodes, CONTROL_PLANE) is not None) is wanted


def test_a_node_gets_label_and_cluster_id_together() -> None:
    """The cluster id alone takes it out of the mesh; the label is what others peer with it by."""
    steps = past_the_limit()
    assert [node["metadata"]["name"] for node in steps.nodes] == list(CONTROL_PLANE)
    for node in steps.nodes:
        assert node["metadata"]["labels"] == {LABEL: "true"}
        assert set(node["metadata"]["annotations"]) == {CLUSTER_ID}
    (peering,) = steps.peerings
    assert peering["spec"] == {"nodeSelector": "all()", "peerSelector": f"{LABEL} == 'true'"}


@pytest.mark.component
def test_a_real_api_server_takes_them_in_their_order_and_gives_them_up_again(canal_api: KubeApi) -> None:
    canal_api.apply_all(build(CALICO_IPIP, ClusterNetwork("10.128.0.0/13", "10.96.0.0/16")))
    steps = past_the_limit()
    # As calico-node makes it when it starts, and a Node as its kubelet made it.
    own = {**steps.mesh_off, "spec": {}}
    canal_api.apply(own, manager="calico-node")
    node = {**steps.nodes[0], "metadata": {"name": CONTROL_PLANE[0], "labels": {"a": "kubelets"}}}
    canal_api.apply(node, manager="kubelet")
    for item in (*steps.peerings, *steps.nodes, steps.mesh_off):
        assert missing(item, canal_api.apply(item)) == []
    assert canal_api.get(node)["metadata"]["labels"] == {"a": "kubelets", LABEL: "true"}
    # Giving a patch up takes its fields away and leaves the rest.
    canal_api.relinquish(steps.mesh_off)
    assert "nodeToNodeMeshEnabled" not in canal_api.get(own)["spec"]
    canal_api.relinquish(steps.nodes[0])
    left = canal_api.get(node)["metadata"]
    assert left["labels"] == {"a": "kubelets"}
    assert CLUSTER_ID not in left.get("annotations", {})
    for item in (*steps.peerings, *steps.nodes, own):
        canal_api.delete(item)
