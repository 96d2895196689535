"""Patches: fields on an object that somebody else owns, set and given back on a real API server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.errors import ProviderError
from canal_aws.sandbox.providers.kubernetes.kinds import kind_of
from canal_aws.sandbox.providers.kubernetes.objects import CREATOR, FIELD_MANAGER
from canal_aws.sandbox.providers.kubernetes.operations import Operations
from canal_aws.sandbox.providers.kubernetes.request import Request
from tests.control_plane.control_plane import ControlPlane
from tests.sandbox.providers.kubernetes.samples import changed, node_patch

pytestmark = pytest.mark.component

_PATCH = kind_of("kubernetes:core/v1:NodePatch")
_REFLECTOR = {"projectcalico.org/RouteReflectorClusterID": "244.0.0.1"}


@pytest.fixture
def node(kube_api: ControlPlane) -> Iterator[str]:
    """A Node with a label of its own, as a kubelet makes it."""
    name = "patched-node"
    body = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"kubelets": "own"}}}
    kube_api.admin.create("/api/v1/nodes", body)
    yield name
    kube_api.admin.delete(f"/api/v1/nodes/{name}")


def _live(cluster: Cluster, name: str) -> dict[str, Any]:
    live = cluster.get(Request(_PATCH, node_patch(name)))
    assert live is not None
    return live


def test_a_patch_sets_its_fields_alone_and_gives_them_back(operations: Operations, cluster: Cluster, node: str) -> None:
    wanted = node_patch(node, labels={"route-reflector": "true"}, annotations=_REFLECTOR)
    preview_id, _ = operations.create(Request(_PATCH, wanted, preview=True))
    assert (preview_id, "route-reflector" in _live(cluster, node)["metadata"]["labels"]) == ("", False)

    resource_id, state = operations.create(Request(_PATCH, wanted))
    assert resource_id == node
    managers = {entry["manager"] for entry in _live(cluster, node)["metadata"]["managedFields"]}
    assert state[FIELD_MANAGER] in managers
    assert state[FIELD_MANAGER] != CREATOR
    read = operations.read(Request(_PATCH, wanted), resource_id, state)
    assert read is not None
    assert read[2] == wanted, "the kubelet's own labels are none of the patch's inputs"

    less = changed(wanted, "metadata.annotations", {})
    operations.update(Request(_PATCH, less), state)
    assert not _REFLECTOR.keys() & _live(cluster, node)["metadata"].get("annotations", {}).keys()
    operations.delete(Request(_PATCH, less), resource_id, state)
    labels = _live(cluster, node)["metadata"]["labels"]
    assert "route-reflector" not in labels
    assert labels["kubelets"] == "own", "the Node stays, with what others set"


def test_two_patches_of_one_object_are_two_managers(operations: Operations, cluster: Cluster, node: str) -> None:
    one, other = (node_patch(node, labels={key: "true"}) for key in ("one", "other"))
    kept, dropped = (operations.create(Request(_PATCH, each))[1] for each in (one, other))
    assert kept[FIELD_MANAGER] != dropped[FIELD_MANAGER]
    operations.delete(Request(_PATCH, other), node, dropped)
    labels = _live(cluster, node)["metadata"]["labels"]
    assert ("one" in labels, "other" in labels) == (True, False)


def test_a_field_that_another_manages_is_a_conflict_unless_forced(operations: Operations, node: str) -> None:
    wanted = node_patch(node, labels={"kubelets": "patched"})
    with pytest.raises(ProviderError, match="patchForce"):
        operations.create(Request(_PATCH, wanted))
    forced = changed(wanted, "metadata.annotations", {"pulumi.com/patchForce": "true"})
    assert operations.create(Request(_PATCH, forced))[1]["metadata"]["labels"]["kubelets"] == "patched"


def test_what_is_not_there_is_neither_made_by_a_patch_nor_by_its_end(
    operations: Operations, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("canal_aws.sandbox.providers.kubernetes.cluster.CREATE_SECONDS", 0.2)
    absent = node_patch("absent-node", labels={"a": "b"})
    with pytest.raises(ProviderError, match="absent-node"):
        operations.create(Request(_PATCH, absent))
    operations.delete(Request(_PATCH, absent), "absent-node", {FIELD_MANAGER: "anyone"})
    assert cluster.get(Request(_PATCH, absent)) is None


def test_calicos_kinds_can_be_patched_and_a_node_itself_is_not_modelled() -> None:
    configuration = kind_of("kubernetes:crd.projectcalico.org/v1:BGPConfigurationPatch")
    assert (configuration.name, configuration.patches) == ("BGPConfiguration", True)
    with pytest.raises(ProviderError, match="not a type that the stand-in"):
        kind_of("kubernetes:core/v1:Node")
