"""Nothing, an update or another object: what each change means."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.provider.experimental.provider import PropertyDiffKind

from canal_aws.sandbox.providers.kubernetes.diff import diff
from canal_aws.sandbox.providers.kubernetes.objects import handed_over, pruned
from canal_aws.sandbox.providers.values import UNKNOWN
from tests.sandbox.providers.kubernetes.samples import changed, custom_resource, kind, samples

ITEMS = samples("diff")


@pytest.mark.parametrize("name", sorted(ITEMS))
def test_no_change(name: str) -> None:
    assert diff(kind(ITEMS[name]), ITEMS[name], ITEMS[name]).detailed == {}


@pytest.mark.parametrize("name", sorted(ITEMS))
@pytest.mark.parametrize("path", ["metadata.name", "kind", "apiVersion"])
def test_identity_means_another_object(name: str, path: str) -> None:
    item = ITEMS[name]
    found = diff(kind(item), item, changed(item, path, "other"))
    assert found.replaces == [path]
    assert found.delete_before_replace is (path != "metadata.name"), "another name leaves room for both"


def test_paths_are_the_engines() -> None:
    item = ITEMS["DaemonSet"]
    new = changed(item, "spec.template.metadata.labels", {"k8s-app": "other", "plain": "x"})
    new["spec"]["template"]["spec"].pop("volumes")
    new["spec"]["template"]["spec"]["tolerations"].append({"key": "x"})
    assert diff(kind(item), item, new).detailed == {
        'spec.template.metadata.labels["k8s-app"]': PropertyDiffKind.UPDATE,
        "spec.template.metadata.labels.plain": PropertyDiffKind.ADD,
        "spec.template.spec.volumes": PropertyDiffKind.DELETE,
        "spec.template.spec.tolerations[1]": PropertyDiffKind.ADD,
    }


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [(None, "default", True), ("default", None, True), (None, "other", False), ("", "default", True)],
)
def test_no_namespace_is_the_default_one(old: Any, new: Any, same: bool) -> None:
    item = ITEMS["ConfigMap"]
    found = diff(kind(item), changed(item, "metadata.namespace", old), changed(item, "metadata.namespace", new))
    assert (not found.detailed) is same
    assert (not found.replaces) is same


def test_values_that_are_not_known_yet_count_as_changed() -> None:
    item = ITEMS["ConfigMap"]
    found = diff(kind(item), item, changed(item, "data.veth_mtu", UNKNOWN))
    assert found.detailed == {"data.veth_mtu": PropertyDiffKind.UPDATE_REPLACE}
    role = ITEMS["ClusterRole"]
    assert not diff(kind(role), role, changed(role, "rules", UNKNOWN)).replaces


def test_config_map_may_be_mutable_by_configuration() -> None:
    item, new = ITEMS["ConfigMap"], changed(ITEMS["ConfigMap"], "data.veth_mtu", "8981")
    assert diff(kind(item), item, new).replaces
    assert not diff(kind(item), item, new, mutable=True).replaces
    immutable = changed(new, "immutable", True)
    assert diff(kind(item), item, immutable, mutable=True).replaces == ["data.veth_mtu"]


def test_ignored_paths() -> None:
    item = ITEMS["DaemonSet"]
    new = changed(item, "spec.template.spec.containers.0.image", "other")
    assert diff(kind(item), item, new, ["spec.template.spec.containers[0].image"]).detailed == {}
    assert diff(kind(item), item, new, ["spec.template"]).detailed == {}
    assert diff(kind(item), item, new, ["spec.templ"]).detailed


@pytest.mark.parametrize(
    ("live", "inputs", "shown"),
    [
        ({"a": 1, "added": 2}, {"a": 1}, {"a": 1}),
        ({"a": 2}, {"a": 1}, {"a": 2}),
        ({}, {"a": 1}, {}),
        ({}, {"a": ""}, {"a": ""}),
        ({}, {"a": False}, {"a": False}),
        ({"a": None}, {"a": []}, {"a": []}),
        ({"cpu": "250m"}, {"cpu": "0.25"}, {"cpu": "0.25"}),
        ({"memory": "1Gi"}, {"memory": "1024Mi"}, {"memory": "1024Mi"}),
        ({"cpu": "250m"}, {"cpu": "0.3"}, {"cpu": "250m"}),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"x": 1}]}, {"a": [{"x": 1}]}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1, 2]}),
    ],
)
def test_live_objects_are_seen_in_the_shape_of_the_inputs(live: Any, inputs: Any, shown: Any) -> None:
    assert pruned(live, inputs, typed=True) == shown


def test_custom_resources_keep_what_the_server_says() -> None:
    pool = custom_resource("x", "IPPool")
    assert pruned({}, changed({}, "spec.disabled", False), typed=False) == {}
    assert diff(kind(pool), pool, changed(pool, "spec.disabled", False)).detailed


def test_fields_of_creation_and_apply_become_one_managers() -> None:
    created = {"manager": "pulumi-kubernetes", "operation": "Update", "fieldsV1": {"f:data": {"f:a": {}}}}
    applied = {"manager": "ours", "operation": "Apply", "fieldsV1": {"f:data": {"f:b": {}}, "f:metadata": {}}}
    status = {"manager": "pulumi-kubernetes", "operation": "Update", "subresource": "status", "fieldsV1": {}}
    other = {"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {}}}
    result = handed_over([created, other, applied, status], "ours")
    assert result is not None
    assert result[:2] == [other, status]
    assert result[2]["operation"] == "Apply"
    assert result[2]["fieldsV1"] == {"f:data": {"f:a": {}, "f:b": {}}, "f:metadata": {}}
    assert handed_over([applied, other, status], "ours") is None
