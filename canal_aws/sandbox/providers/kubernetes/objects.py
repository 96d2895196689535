"""Kubernetes objects as dicts: names, what of a live object is ours, and who manages its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from canal_aws.sandbox.providers.kubernetes.kinds import Kind

FIELD_MANAGER = "__fieldManager"
INITIAL_API_VERSION = "__initialApiVersion"
"""Keys of the official provider's state (provider.go, `checkpointObject`)."""

CREATOR = "pulumi-kubernetes"
"""The field manager of creations (await.go, `Creation`); the first update hands its fields to the applier."""

SERVER_SET = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
)  # fmt: skip
"""Of metadata: read-only, https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/."""

SERVER_ANNOTATIONS = (
    "deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation",
    "kubectl.kubernetes.io/last-applied-configuration",
)  # fmt: skip

_EXTENSIONS = (
    "embedded-resource", "int-or-string", "list-map-keys", "list-type", "map-type", "preserve-unknown-fields",
    "validations",
)  # fmt: skip
_UNDERSCORED = {f"x_kubernetes_{word.replace('-', '_')}": f"x-kubernetes-{word}" for word in _EXTENSIONS}
_DASHED = {dashed: underscored for underscored, dashed in _UNDERSCORED.items()}


def object_id(item: Mapping[str, Any]) -> str:
    """`namespace/name`, or `name` for what is in no namespace: the official plugin's id, for import too."""
    metadata = item["metadata"]
    namespace = metadata.get("namespace")
    return f"{namespace}/{metadata['name']}" if namespace else str(metadata["name"])


def parse_id(resource_id: str) -> tuple[str | None, str]:
    """Namespace (None where the id has none) and name."""
    namespace, slash, name = resource_id.rpartition("/")
    return (namespace if slash else None), name


def dashed(value: Any) -> Any:
    """Schema extensions as the API spells them; the official SDKs' types spell them with underscores."""
    return _rename(value, _UNDERSCORED)


def underscored(value: Any) -> Any:
    """The other way round, as the official provider writes them into the state."""
    return _rename(value, _DASHED)


def _rename(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {names.get(key, key): _rename(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_rename(item, names) for item in value]
    return value


def checkpoint(live: Mapping[str, Any], field_manager: str) -> dict[str, Any]:
    """The state that is kept of a live object.

    The official state holds managedFields and a second copy of the inputs besides. The engine sends the inputs
    anyway, and rewrites the whole state after each step, so here they are left out.
    """
    state = underscored(deepcopy(dict(live)))
    state["metadata"].pop("managedFields", None)
    state[INITIAL_API_VERSION] = live["apiVersion"]
    state[FIELD_MANAGER] = field_manager
    return dict(state)


def inputs_of(live: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Inputs for an object of which only the live one is known, as at import."""
    inputs = {
        key: deepcopy(live[key]) for key in ("apiVersion", "kind", "metadata", *sorted(kind.properties)) if key in live
    }
    metadata = inputs["metadata"]
    for key in SERVER_SET:
        metadata.pop(key, None)
    annotations = metadata.get("annotations", {})
    for key in SERVER_ANNOTATIONS:
        annotations.pop(key, None)
    if not annotations:
        metadata.pop("annotations", None)
    return inputs


def pruned(live: Any, inputs: Any, typed: bool) -> Any:
    """`live` in the shape of `inputs`: what the server added on its own is left out, the rest as it is now.

    typed
        The kind is built in, so that the server drops zero values and respells quantities; where it said the same
        in other words, the inputs' own words are kept.
    """
    if isinstance(live, Mapping) and isinstance(inputs, Mapping):
        result: dict[str, Any] = {}
        for key, value in inputs.items():
            if key in live:
                result[key] = pruned(live[key], value, typed)
            elif typed and _is_zero(value):
                result[key] = value
        return result
    if isinstance(live, list) and isinstance(inputs, list) and len(live) == len(inputs):
        return [pruned(there, wanted, typed) for there, wanted in zip(live, inputs, strict=True)]
    if typed and (_same_quantity(live, inputs) or (_is_zero(live) and _is_zero(inputs))):
        return deepcopy(inputs)
    return deepcopy(live)


def _is_zero(value: Any) -> bool:
    """Whether Go's `omitempty` leaves `value` out."""
    return value is None or value is False or value == "" or value == 0 or value == [] or value == {}


_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12, "P": Decimal(10) ** 15, "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30, "Ti": Decimal(2) ** 40, "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?|[+-]?\.\d+)([a-zA-Z]*)")


def _same_quantity(live: Any, inputs: Any) -> bool:
    """Whether two spellings name one amount, such as `0.25` and `250m`
    (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/)."""
    one, other = _amount(live), _amount(inputs)
    return one is not None and one == other


def _amount(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    match = _QUANTITY.fullmatch(str(value))
    if match is None or match[2] not in _SUFFIXES:
        return None
    return Decimal(match[1]) * _SUFFIXES[match[2]]


def handed_over(managed: list[dict[str, Any]], applier: str) -> list[dict[str, Any]] | None:
    """The managedFields in which the fields of the creation belong to `applier`; None where nothing is to do.

    A creation and an apply are two managers even under one name, and the applier would neither see the creator's
    fields as its own nor be able to remove them (https://github.com/kubernetes/kubernetes/issues/99003).
    """
    created = [entry for entry in managed if _made_by_creation(entry)]
    if not created:
        return None
    applied = [entry for entry in managed if entry.get("manager") == applier and entry.get("operation") == "Apply"]
    rest = [entry for entry in managed if entry not in created and entry not in applied]
    fields: dict[str, Any] = {}
    for entry in (*applied, *created):
        _merge(fields, entry.get("fieldsV1") or {})
    merged = {**created[-1], "manager": applier, "operation": "Apply", "fieldsV1": fields}
    return [*rest, merged]


def _made_by_creation(entry: Mapping[str, Any]) -> bool:
    by = (entry.get("manager"), entry.get("operation"))
    return by == (CREATOR, "Update") and not entry.get("subresource")


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        _merge(into.setdefault(key, {}), value)
