"""Plain Python values and the engine's property values, one made from the other.

The provider library's `PropertyValue` leaves the engine's sentinel for a value that a preview does not
know yet as an ordinary string, and knows numbers as floats alone. Inside the stand-in, values are str,
bool, int, float, None, list, dict and `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi.provider.experimental.property_value import Computed, PropertyValue
from pulumi.runtime.rpc import UNKNOWN as UNKNOWN_SENTINEL


class Unknown:
    """A value that only the creation of another resource will give; stands in previews."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


def plain(value: PropertyValue) -> Any:
    """`value` as plain Python. Whole numbers become int. Secrets lose their mark: the provider tells the
    engine that it takes none, so the engine itself keeps track of them."""
    inner = value.value
    if isinstance(inner, Computed) or inner == UNKNOWN_SENTINEL:
        return UNKNOWN
    if isinstance(inner, float):
        return int(inner) if inner.is_integer() else inner
    if isinstance(inner, Mapping):
        return {key: plain(item) for key, item in inner.items()}
    if isinstance(inner, Sequence) and not isinstance(inner, str):
        return [plain(item) for item in inner]
    return inner


def plain_map(values: Mapping[str, PropertyValue]) -> dict[str, Any]:
    """The properties of a request as plain Python, without those that are null."""
    return {key: plain(value) for key, value in values.items() if value.value is not None}


def property_value(value: Any) -> PropertyValue:
    """Plain Python as the engine's property value."""
    if value is UNKNOWN:
        return PropertyValue(UNKNOWN_SENTINEL)
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return PropertyValue(value)
    if isinstance(value, int):
        return PropertyValue(float(value))
    if isinstance(value, Mapping):
        return PropertyValue({str(key): property_value(item) for key, item in value.items()})
    return PropertyValue([property_value(item) for item in value])


def property_map(values: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Plain properties as the engine's, without those that are None."""
    return {key: property_value(value) for key, value in values.items() if value is not None}


def has_unknown(value: Any) -> bool:
    """Whether `value` is, or holds anywhere, a value that is not known yet."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list | tuple | set):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN
