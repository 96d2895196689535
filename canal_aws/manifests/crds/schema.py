"""The pieces that structural schemas are made of (Kubernetes, "Extend the Kubernetes API with CRDs")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from canal_aws.manifests.crds.definition import Schema

STRING: Schema = {"type": "string"}
BOOLEAN: Schema = {"type": "boolean"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
#: A number or its name: a port, a protocol.
INT_OR_STRING: Schema = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
#: A switch as Calico's newer fields spell it.
SWITCH: Schema = {"type": "string", "enum": ["Enabled", "Disabled"]}
#: What only Calico reads and writes: nothing is pruned.
OPEN: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def text(
    *,
    longest: int | None = None,
    shortest: int | None = None,
    pattern: str | None = None,
    form: str | None = None,
    default: str | None = None,
) -> Schema:
    """A string with limits on its length, a regular expression (RE2), an OpenAPI format, a default."""
    return _given(STRING, maxLength=longest, minLength=shortest, pattern=pattern, format=form, default=default)


def enum(*values: str, default: str | None = None) -> Schema:
    """One of these words."""
    return _given({**STRING, "enum": list(values)}, default=default)


def either_case(*values: str) -> Schema:
    """One of these words in any case, or nothing: Felix's older fields."""
    return text(pattern=f"^(?i)({'|'.join(values)})?$")


def integer(smallest: int | None = None, largest: int | None = None, form: str | None = None) -> Schema:
    """A whole number within these limits, both included."""
    return _given(INTEGER, minimum=smallest, maximum=largest, format=form)


def array(
    items: Schema,
    *,
    kind: str | None = None,
    keys: Sequence[str] = (),
    fewest: int | None = None,
    most: int | None = None,
) -> Schema:
    """A list; `kind` is how server-side apply merges it: set, atomic, or map by `keys`."""
    result = _given({"type": "array", "items": items}, minItems=fewest, maxItems=most)
    if kind is not None:
        result["x-kubernetes-list-type"] = kind
    if keys:
        result["x-kubernetes-list-map-keys"] = list(keys)
    return result


def mapping(values: Schema) -> Schema:
    """An object of any keys, all values alike."""
    return {"type": "object", "additionalProperties": values}


def structure(
    properties: Mapping[str, Schema],
    *,
    required: Sequence[str] = (),
    rules: Sequence[Schema] = (),
    atomic: bool = False,
    exactly_one: bool = False,
) -> Schema:
    """An object of these fields and no other; `atomic` ones are merged as a whole, `exactly_one` field is set."""
    result: Schema = {"type": "object", "properties": dict(properties)}
    if required:
        result["required"] = list(required)
    if exactly_one:
        result |= {"minProperties": 1, "maxProperties": 1}
    if rules:
        result["x-kubernetes-validations"] = list(rules)
    if atomic:
        result["x-kubernetes-map-type"] = "atomic"
    return result


def valid(rule: str, message: str, *, forbids: bool = False) -> Schema:
    """A rule in CEL that must hold, and what is said where it doesn't; `forbids`: a field must not be there."""
    reason = "FieldValueForbidden" if forbids else "FieldValueInvalid"
    return {"rule": rule, "message": message, "reason": reason}


def spec_only(spec: Schema) -> Schema:
    """A kind that has a spec and no status."""
    return {"properties": {"spec": spec}}


def _given(schema: Schema, **limits: Any) -> Schema:
    return {**schema, **{name: limit for name, limit in limits.items() if limit is not None}}
