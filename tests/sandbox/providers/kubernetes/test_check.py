"""Inputs that are refused, and what is filled in."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.sandbox.providers.kubernetes.check import check
from canal_aws.sandbox.providers.kubernetes.errors import ProviderError
from canal_aws.sandbox.providers.kubernetes.kinds import kind_of
from canal_aws.sandbox.providers.values import UNKNOWN
from tests.sandbox.providers.kubernetes.samples import changed, kind, samples

CONFIG_MAP = samples("check")["ConfigMap"]


def failures(item: dict[str, Any]) -> dict[str, str]:
    return dict(check(kind(CONFIG_MAP), item, True, "default")[1])


@pytest.mark.parametrize("name", sorted(samples("check")))
def test_samples_pass_unchanged(name: str) -> None:
    item = samples("check")[name]
    assert check(kind(item), item, kind(item).namespaced, "default") == (item, [])


@pytest.mark.parametrize(
    ("path", "value", "at", "reason"),
    [
        ("dta", {}, "dta", "binaryData, data, immutable"),
        ("kind", "Secret", "kind", "'Secret', but the resource's type says 'ConfigMap'"),
        ("apiVersion", "v2", "apiVersion", "'v2', but the resource's type says 'v1'"),
        ("metadata.name", "", "metadata.name", "makes up no names"),
        ("metadata.generateName", "x-", "metadata.generateName", "not modelled"),
        ("metadata.labels", {"a": 1}, 'metadata.labels["a"]', "must be a string, not 1"),
        (
            "metadata.annotations",
            {"pulumi.com/waitFor": "x"},
            'metadata.annotations["pulumi.com/waitFor"]',
            "skipAwait",
        ),
    ],
)
def test_refused(path: str, value: Any, at: str, reason: str) -> None:
    found = failures(changed(CONFIG_MAP, path, value))
    assert list(found) == [at]
    assert reason in found[at]


def test_everything_wrong_is_said_at_once() -> None:
    assert failures({"dta": {}}).keys() == {"apiVersion", "kind", "dta", "metadata"}


def test_unknown_values_pass() -> None:
    assert failures(changed(CONFIG_MAP, "data", UNKNOWN)) == {}
    assert failures(changed(CONFIG_MAP, "metadata", UNKNOWN)) == {}


def test_namespace_is_filled_in_where_the_kind_has_one() -> None:
    bare = changed(CONFIG_MAP, "metadata", {"name": "x"})
    assert check(kind(bare), bare, True, "kube-system")[0]["metadata"]["namespace"] == "kube-system"
    assert "namespace" not in check(kind(bare), bare, None, "kube-system")[0]["metadata"]


def test_what_the_server_sets_is_dropped() -> None:
    copied = changed(CONFIG_MAP, "metadata.uid", "1-2-3")
    assert check(kind(copied), copied, True, "default") == (CONFIG_MAP, [])


def test_schema_extensions_in_the_sdk_types_spelling() -> None:
    definition = samples("check")["CustomResourceDefinition"]
    path = "spec.versions.0.schema.openAPIV3Schema"
    spelled = changed(definition, f"{path}.x_kubernetes_preserve_unknown_fields", True)
    wanted = changed(definition, f"{path}.x-kubernetes-preserve-unknown-fields", True)
    assert check(kind(definition), spelled, False, "default") == (wanted, [])


@pytest.mark.parametrize("token", ["kubernetes:core/v1:Secret", "kubernetes:apps/v1beta1:DaemonSet", "kubernetes:x"])
def test_other_types_are_refused(token: str) -> None:
    with pytest.raises(ProviderError, match="is not a type that the stand-in for pulumi-kubernetes models"):
        kind_of(token)


def test_kinds_of_calico_are_let_through() -> None:
    pool = kind_of("kubernetes:crd.projectcalico.org/v1:IPPool")
    assert (pool.api_version, pool.namespaced, pool.is_custom) == ("crd.projectcalico.org/v1", None, True)
