"""Each kind through its life on a real API server: create, read, update, replace, delete, import."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from canal_aws.sandbox.providers.kubernetes.cluster import Cluster
from canal_aws.sandbox.providers.kubernetes.diff import diff
from canal_aws.sandbox.providers.kubernetes.objects import FIELD_MANAGER
from canal_aws.sandbox.providers.kubernetes.operations import Operations
from canal_aws.sandbox.providers.kubernetes.request import Request
from tests.control_plane.control_plane import ControlPlane
from tests.sandbox.providers.kubernetes.samples import (
    changed,
    custom_resource,
    custom_resource_definition,
    kind,
    samples,
)

pytestmark = pytest.mark.component

CHANGES: dict[str, tuple[str, Any]] = {
    "Namespace": ("metadata.labels", {"owner": "canal"}),
    "ServiceAccount": ("automountServiceAccountToken", True),
    "ConfigMap": ("metadata.labels", {"owner": "canal"}),
    "ClusterRole": ("rules.0.verbs", ["watch"]),
    "Role": ("rules.0.verbs", ["watch"]),
    "ClusterRoleBinding": ("subjects.0.name", "another-account"),
    "RoleBinding": ("subjects.0.name", "another-account"),
    "PodDisruptionBudget": ("spec.maxUnavailable", 2),
    "ValidatingAdmissionPolicy": ("spec.failurePolicy", "Ignore"),
    "ValidatingAdmissionPolicyBinding": ("spec.validationActions", ["Audit"]),
    "CSIDriver": ("metadata.labels", {"owner": "canal"}),
    "StorageClass": ("allowVolumeExpansion", True),
    "CustomResourceDefinition": ("spec.names.shortNames", ["lifes"]),
    "DaemonSet": ("spec.template.spec.containers.0.image", "example.invalid/image:2"),
    "Deployment": ("spec.template.spec.containers.0.image", "example.invalid/image:2"),
}
"""A change of each kind that leaves the object where it is."""

REPLACEMENTS: dict[str, tuple[str, Any]] = {
    "StorageClass": ("parameters.type", "io2"),
    "ConfigMap": ("data.veth_mtu", "8981"),
    "ClusterRoleBinding": ("roleRef.name", "another-role"),
    "RoleBinding": ("roleRef.name", "another-role"),
    "DaemonSet": ("spec.selector.matchLabels.k8s-app", "another"),
    "Deployment": ("spec.selector.matchLabels.k8s-app", "another"),
}
"""A change of each kind that means another object under the same name."""


@pytest.fixture
def removed_after(operations: Operations) -> Iterator[list[tuple[dict[str, Any], str, dict[str, Any]]]]:
    made: list[tuple[dict[str, Any], str, dict[str, Any]]] = []
    yield made
    for item, resource_id, state in reversed(made):
        operations.delete(Request(kind(item), item, timeout=60), resource_id, state)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_life_of(name: str, operations: Operations, cluster: Cluster) -> None:
    item = samples("life")[name]
    resource_id, state = operations.create(Request(kind(item), item, timeout=60))
    metadata = item["metadata"]
    assert resource_id == (f"default/{metadata['name']}" if "namespace" in metadata else metadata["name"])
    assert state["metadata"]["uid"]

    again = operations.read(Request(kind(item), item), resource_id, state)
    assert again is not None
    assert again[2] == item, "a refresh of an unchanged object sees no change"

    path, value = CHANGES[name]
    wanted = changed(item, path, value)
    assert not diff(kind(item), item, wanted).replaces
    updated = operations.update(Request(kind(item), wanted, timeout=60), state)
    assert updated["metadata"]["uid"] == state["metadata"]["uid"]
    seen = operations.read(Request(kind(item), wanted), resource_id, updated)
    assert seen is not None
    assert seen[2] == wanted

    imported = operations.read(Request(kind(item), {}), resource_id, {})
    assert imported is not None
    assert imported[2]["metadata"]["name"] == metadata["name"]
    assert not {"uid", "resourceVersion", "managedFields"} & imported[2]["metadata"].keys()
    assert "status" not in imported[2]

    operations.delete(Request(kind(item), wanted, timeout=60), resource_id, updated)
    assert cluster.get(Request(kind(item), item)) is None
    operations.delete(Request(kind(item), wanted, timeout=60), resource_id, updated)  # gone already: no error


@pytest.mark.parametrize("name", sorted(REPLACEMENTS))
def test_a_change_that_needs_another_object_deletes_first(name: str) -> None:
    item = samples("replace")[name]
    difference = diff(kind(item), item, changed(item, *REPLACEMENTS[name]))
    assert difference.replaces
    assert difference.delete_before_replace


@pytest.mark.parametrize("name", ["ClusterRoleBinding", "DaemonSet"])
def test_what_is_replaced_is_immutable_to_the_api_server(
    name: str, operations: Operations, removed_after: list[Any]
) -> None:
    item = samples("immutable")[name]
    resource_id, state = operations.create(Request(kind(item), item, timeout=60))
    removed_after.append((item, resource_id, state))
    with pytest.raises(Exception, match=r"immutable|cannot change roleRef|does not match"):
        operations.update(Request(kind(item), changed(item, *REPLACEMENTS[name])), state)


def test_custom_resource_waits_for_its_definition(operations: Operations, removed_after: list[Any]) -> None:
    definition = custom_resource_definition("latepools", "LatePool")
    pool = custom_resource("late", "LatePool")
    said: list[str] = []

    def report(text: str) -> None:
        if not said:
            made = operations.create(Request(kind(definition), definition, timeout=60))
            removed_after.append((definition, *made))
        said.append(text)

    resource_id, state = operations.create(Request(kind(pool), pool, report=report, timeout=60))
    assert said[0].startswith("retrying: the API server serves no crd.projectcalico.org/v1/LatePool")
    assert resource_id == "late"
    seen = operations.read(Request(kind(pool), pool), resource_id, state)
    assert seen is not None
    assert seen[2] == pool, "what the schema's defaults add is not ours"
    wanted = changed(pool, "spec.cidr", "10.64.0.0/12")
    assert operations.update(Request(kind(pool), wanted), state)["spec"]["cidr"] == "10.64.0.0/12"


def test_refresh_shows_what_someone_else_changed(
    operations: Operations, kube_api: ControlPlane, removed_after: list[Any]
) -> None:
    item = samples("drift")["ConfigMap"]
    resource_id, state = operations.create(Request(kind(item), item))
    removed_after.append((item, resource_id, state))
    path = f"/api/v1/namespaces/default/configmaps/{item['metadata']['name']}"
    kube_api.admin.merge(path, {"data": {"veth_mtu": "1500", "foreign": "x"}})
    seen = operations.read(Request(kind(item), item), resource_id, state)
    assert seen is not None
    assert seen[2]["data"] == {"veth_mtu": "1500"}
    assert diff(kind(item), seen[2], item).replaces == ["data.veth_mtu"]


def test_removed_fields_leave_the_object(operations: Operations, cluster: Cluster, removed_after: list[Any]) -> None:
    """The creation's fields belong to another manager than the update's, until they are handed over."""
    item = samples("removed")["ConfigMap"]
    item["metadata"]["labels"] = {"stays": "1", "goes": "1"}
    resource_id, state = operations.create(Request(kind(item), item))
    removed_after.append((item, resource_id, state))
    wanted = changed(item, "metadata.labels", {"stays": "1"})
    updated = operations.update(Request(kind(item), wanted), state)
    assert updated["metadata"]["labels"] == {"stays": "1"}
    live = cluster.get(Request(kind(item), item))
    assert live is not None
    managers = {(entry["manager"], entry["operation"]) for entry in live["metadata"]["managedFields"]}
    assert managers == {(state[FIELD_MANAGER], "Apply")}


def test_conflict_names_the_other_manager_and_the_way_out(
    operations: Operations, kube_api: ControlPlane, removed_after: list[Any]
) -> None:
    item = samples("conflict")["ServiceAccount"]
    resource_id, state = operations.create(Request(kind(item), item))
    removed_after.append((item, resource_id, state))
    path = f"/api/v1/namespaces/default/serviceaccounts/{item['metadata']['name']}"
    kube_api.admin.merge(path, {"automountServiceAccountToken": True})
    with pytest.raises(Exception, match=r"\.automountServiceAccountToken: conflict with .*pulumi\.com/patchForce"):
        operations.update(Request(kind(item), item), state)
    forced = changed(item, "metadata.annotations", {"pulumi.com/patchForce": "true"})
    assert operations.update(Request(kind(item), forced), state)["automountServiceAccountToken"] is False


def test_existing_object_is_refused_with_the_ways_out(operations: Operations, removed_after: list[Any]) -> None:
    item = samples("existing")["ConfigMap"]
    removed_after.append((item, *operations.create(Request(kind(item), item))))
    with pytest.raises(Exception, match=r"exists already\. To adopt it: `pulumi import`, or `upsertExistingObjects`"):
        operations.create(Request(kind(item), item))


def test_unknown_field_is_refused_by_name(operations: Operations, cluster: Cluster) -> None:
    item = changed(samples("strict")["DaemonSet"], "spec.template.spec.containers.0.bogus", 1)
    with pytest.raises(
        Exception, match=r"DaemonSet default/strict-daemonset: .*unknown field .*containers\[0\]\.bogus"
    ):
        operations.create(Request(kind(item), item))
    assert cluster.get(Request(kind(item), item)) is None


def test_preview_changes_nothing(operations: Operations, cluster: Cluster, removed_after: list[Any]) -> None:
    item = samples("preview")["DaemonSet"]
    resource_id, preview = operations.create(Request(kind(item), item, preview=True))
    assert resource_id == ""
    assert preview["spec"]["updateStrategy"]["type"] == "RollingUpdate", "the server's own defaults show"
    assert cluster.get(Request(kind(item), item)) is None

    resource_id, state = operations.create(Request(kind(item), item, timeout=60))
    removed_after.append((item, resource_id, state))
    wanted = changed(item, "spec.template.spec.containers.0.image", "example.invalid/image:2")
    containers = operations.update(Request(kind(item), wanted, preview=True), state)["spec"]["template"]["spec"]
    assert containers["containers"][0]["image"] == "example.invalid/image:2"
    live = cluster.get(Request(kind(item), item))
    assert live is not None
    assert live["spec"]["template"]["spec"]["containers"][0]["image"] == "example.invalid/image:1"


@pytest.mark.parametrize("missing", ["namespace", "kind"])
def test_preview_before_namespace_or_kind_exist_shows_the_inputs(missing: str, operations: Operations) -> None:
    item = samples("early")["ConfigMap"] if missing == "namespace" else custom_resource("early", "EarlyPool")
    if missing == "namespace":
        item["metadata"]["namespace"] = "not-yet"
    assert operations.create(Request(kind(item), deepcopy(item), preview=True)) == ("", item)


def test_preview_shows_invalid_values(operations: Operations) -> None:
    item = changed(samples("invalid")["ConfigMap"], "data", {"a key": "with a blank"})
    with pytest.raises(Exception, match=r"ConfigMap default/invalid-configmap: .*a key"):
        operations.create(Request(kind(item), item, preview=True))


def test_workload_that_cannot_become_ready_is_kept_and_explained(
    operations: Operations, removed_after: list[Any]
) -> None:
    from canal_aws.sandbox.providers.kubernetes.errors import NotReady

    item = changed(samples("stuck")["Deployment"], "spec.template.spec.nodeSelector", {"no-such": "node"})
    with pytest.raises(
        NotReady, match=r"Deployment default/stuck-deployment is not ready after 2 s: 0 of 1 repl"
    ) as seen:
        operations.create(Request(kind(item), item, timeout=2))
    removed_after.append((item, seen.value.resource_id, seen.value.state))
    assert seen.value.resource_id == "default/stuck-deployment"
    assert seen.value.state["metadata"]["uid"]
    with pytest.raises(NotReady):
        operations.read(Request(kind(item), item), "default/stuck-deployment", seen.value.state)
    skipping = changed(item, "metadata.annotations", {"pulumi.com/skipAwait": "true"})
    assert operations.update(Request(kind(item), skipping, timeout=2), seen.value.state)


def test_import_of_what_is_not_there(operations: Operations) -> None:
    item = samples("absent")["ConfigMap"]
    assert operations.read(Request(kind(item), {}), "default/absent-configmap", {}) is None


def test_update_bears_with_a_controller_that_writes_in_between(
    operations: Operations, cluster: Cluster, removed_after: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    item = samples("between")["ConfigMap"]
    resource_id, state = operations.create(Request(kind(item), item))
    removed_after.append((item, resource_id, state))
    api, stale = cluster._api, cluster._api.get("/api/v1/namespaces/default/configmaps/between-configmap")
    stale["metadata"]["resourceVersion"] = "1"
    answers = [stale]
    real = api.get
    monkeypatch.setattr(api, "get", lambda path: answers.pop() if answers else real(path))
    wanted = changed(item, "metadata.labels", {"owner": "canal"})
    assert operations.update(Request(kind(item), wanted), state)["metadata"]["labels"] == {"owner": "canal"}
    assert not answers
