"""An object's inputs against its kind: everything that is wrong at once, with property paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.kubernetes.kinds import Kind
from canal_aws.sandbox.providers.kubernetes.objects import SERVER_SET, dashed
from canal_aws.sandbox.providers.values import UNKNOWN

Failure = tuple[str, str]
"""The property's path and what is wrong with it."""

METADATA = ("name", "namespace", "labels", "annotations", "finalizers", "ownerReferences")

ANNOTATION_PREFIX = "pulumi.com/"
ANNOTATIONS = ("skipAwait", "timeoutSeconds", "patchForce", "deletionPropagationPolicy")
"""The modelled ones of https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/."""

PROPAGATION = {"foreground": "Foreground", "background": "Background", "orphan": "Orphan"}


def check(
    kind: Kind, given: Mapping[str, Any], namespaced: bool | None, namespace: str
) -> tuple[dict[str, Any], list[Failure]]:
    """The inputs that the engine keeps, and what is wrong with them.

    namespaced
        Whether the kind is; None where nobody can tell yet: creation finds out.
    namespace
        What a namespaced object without one gets: the kubeconfig's.
    """
    inputs = dashed({key: value for key, value in given.items() if not key.startswith("__")})
    failures: list[Failure] = []
    for key, wanted in (("apiVersion", kind.api_version), ("kind", kind.name)):
        if inputs.get(key) is None:
            failures.append((key, f"is required: {wanted}"))
        elif inputs[key] != wanted:
            failures.append((key, f"is {inputs[key]!r}, but the resource's type says {wanted!r}"))
    for key in sorted(inputs.keys() - kind.properties - {"apiVersion", "kind", "metadata"}):
        known = ", ".join(sorted(kind.properties))
        failures.append((key, f"is not a property of {kind.name} that the stand-in models; it has {known}"))
    metadata = inputs.get("metadata")
    if metadata is UNKNOWN:
        return inputs, failures
    if not isinstance(metadata, Mapping):
        failures.append(("metadata", "is required, with a name"))
        return inputs, failures
    metadata = {key: value for key, value in metadata.items() if key not in SERVER_SET}
    failures.extend(_metadata_failures(metadata))
    if namespaced and not metadata.get("namespace"):
        metadata["namespace"] = namespace
    return {**inputs, "metadata": metadata}, failures


def _metadata_failures(metadata: Mapping[str, Any]) -> list[Failure]:
    failures: list[Failure] = []
    if not metadata.get("name"):
        failures.append(("metadata.name", "is required: the stand-in for pulumi-kubernetes makes up no names"))
    for key in sorted(metadata.keys() - set(METADATA)):
        failures.append((f"metadata.{key}", "is not modelled by the stand-in for pulumi-kubernetes"))
    for key in ("labels", "annotations"):
        values = metadata.get(key)
        if values is None or values is UNKNOWN:
            continue
        if not isinstance(values, Mapping):
            failures.append((f"metadata.{key}", f"must be a map of strings, not {values!r}"))
            continue
        for name, value in values.items():
            if value is not UNKNOWN and not isinstance(value, str):
                failures.append((f'metadata.{key}["{name}"]', f"must be a string, not {value!r}"))
    annotations = metadata.get("annotations")
    for name in annotations if isinstance(annotations, Mapping) else ():
        if name.startswith(ANNOTATION_PREFIX) and name.removeprefix(ANNOTATION_PREFIX) not in ANNOTATIONS:
            known = ", ".join(ANNOTATION_PREFIX + known for known in ANNOTATIONS)
            failures.append((f'metadata.annotations["{name}"]', f"is not modelled by the stand-in, only {known}"))
    return failures


def annotation(inputs: Mapping[str, Any], name: str) -> str | None:
    """The value of the object's `pulumi.com/NAME` annotation."""
    annotations = (inputs.get("metadata") or {}).get("annotations") or {}
    value = annotations.get(ANNOTATION_PREFIX + name)
    return None if value is None else str(value)


def propagation(inputs: Mapping[str, Any]) -> str:
    """How a deletion treats dependents: the official provider's default is Foreground (metadata/overrides.go)."""
    return PROPAGATION.get((annotation(inputs, "deletionPropagationPolicy") or "").lower(), "Foreground")
