"""A resource's inputs checked against its table: everything that is wrong at once, with property paths."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws.schema import Property, ResourceType
from canal_aws.sandbox.providers.values import UNKNOWN

Failure = tuple[str, str]
"""The property's path and what is wrong with it."""

DEFAULTED = "__defaults"
"""Names the inputs that the provider filled in, under the key that the official plugin uses."""

RANDOM_DIGITS = 7
"""https://www.pulumi.com/docs/iac/concepts/resources/names/#autonaming"""


def check_resource(
    kind: ResourceType, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes, region: str
) -> tuple[dict[str, Any], list[Failure]]:
    """The inputs with defaults and name filled in, and every failure."""
    given = {key: value for key, value in new.items() if not key.startswith("__")}
    inputs, failures = check_fields(kind.properties, given, "", kind.refuses)
    if kind.autoname and kind.autoname.property not in inputs:
        naming = kind.autoname
        if naming.property in old.get(DEFAULTED, ()) and naming.property in old:
            inputs[naming.property] = old[naming.property]
        elif len(name) + 1 + RANDOM_DIGITS > naming.max_length:
            failures.append(
                (
                    naming.property,
                    f"the resource's name {name!r} with the {RANDOM_DIGITS + 1} characters that are appended to it "
                    f"is longer than {naming.max_length}: give {naming.property} explicitly, or a shorter name",
                )
            )
        else:
            inputs[naming.property] = f"{name}-{random_hex(seed)}"
        inputs[DEFAULTED] = [naming.property]
    wanted = inputs.get("region")
    if wanted not in (None, UNKNOWN, region):
        failures.append(("region", f"{wanted} is not the provider's Region {region}, the only one the stand-in models"))
    for group in kind.one_of:
        present = [key for key in group if key in inputs]
        if len(present) != 1:
            what = "none of them" if not present else " and ".join(present)
            failures.append(
                (present[1] if present else group[0], f"exactly one of {', '.join(group)} is needed, got {what}")
            )
    if kind.check and not failures:
        failures.extend(kind.check(inputs))
    return inputs, failures


def random_hex(seed: bytes) -> str:
    """Seven hex digits, the same for the same seed of the engine."""
    if not seed:
        return secrets.token_hex(4)[:RANDOM_DIGITS]
    return hashlib.sha256(seed).hexdigest()[:RANDOM_DIGITS]


def check_fields(
    properties: Mapping[str, Property], given: Mapping[str, Any], path: str, refused: Mapping[str, str] | None = None
) -> tuple[dict[str, Any], list[Failure]]:
    """`given` against `properties`, at any depth."""
    inputs: dict[str, Any] = {}
    failures: list[Failure] = []
    for key, value in given.items():
        known = properties.get(key)
        if known is None or not known.is_input:
            failures.append((_join(path, key), (refused or {}).get(key) or _unknown_reason(known)))
        elif value is not None:
            inputs[key] = _value(known, value, _join(path, key), failures)
    for key, known in properties.items():
        if key in inputs or not known.is_input:
            continue
        if known.default is not None:
            inputs[key] = known.default
        elif known.kind in ("required", "write-only") and key not in {failure[0] for failure in failures}:
            failures.append((_join(path, key), "is required and missing"))
    return inputs, failures


def _unknown_reason(known: Property | None) -> str:
    if known is None:
        return "is not a property that the stand-in for pulumi-aws models; the official plugin may know it"
    return "is computed by AWS and cannot be set"


def _value(known: Property, value: Any, path: str, failures: list[Failure]) -> Any:
    if value is UNKNOWN:
        return value
    if known.shape == "object":
        if not isinstance(value, Mapping):
            failures.append((path, f"must be an object, not {value!r}"))
            return value
        inner, found = check_fields(known.fields, value, path)
        failures.extend(found)
        return inner
    if known.shape == "objects":
        if not isinstance(value, list):
            failures.append((path, f"must be a list of objects, not {value!r}"))
            return value
        single = Property(known.kind, "object", fields=known.fields)
        return [_value(single, item, f"{path}[{index}]", failures) for index, item in enumerate(value)]
    if known.shape in ("strings", "string-set"):
        if not isinstance(value, list) or not all(item is UNKNOWN or isinstance(item, str) for item in value):
            failures.append((path, f"must be a list of strings, not {value!r}"))
        return value
    if known.shape == "map":
        if not isinstance(value, Mapping):
            failures.append((path, f"must be a map of strings, not {value!r}"))
            return value
        return {key: item if item is UNKNOWN else _text(item) for key, item in value.items()}
    scalar = _scalar(known.shape, value)
    if scalar is None:
        failures.append((path, f"must be a {known.shape}, not {value!r}"))
        return value
    if known.values and scalar not in known.values:
        choices = ", ".join(map(str, known.values))
        failures.append((path, f"{scalar!r} is not modelled by the stand-in for pulumi-aws, only {choices}"))
    return scalar


def _scalar(shape: str, value: Any) -> Any:
    """`value` in its property's type, as lenient about spelling as the official bridge; None if it cannot be."""
    if shape == "bool":
        if isinstance(value, str):
            return {"true": True, "false": False}.get(value)
        return value if isinstance(value, bool) else None
    if shape in ("int", "number"):
        if isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None
    if shape == "string":
        return _text(value) if isinstance(value, str | bool | int | float) else None
    return value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
