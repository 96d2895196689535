"""Names as Pulumi spells properties and as S3's API spells fields: the first letter, but for a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
_BACK = {name: key for key, name in _NAMES.items()}


def as_api(value: Any) -> Any:
    """Properties, at any depth, as a request has them."""
    if isinstance(value, Mapping):
        return {_NAMES.get(key, key[:1].upper() + key[1:]): as_api(item) for key, item in value.items()}
    return [as_api(item) for item in value] if isinstance(value, list) else value


def as_properties(value: Any) -> Any:
    """An answer, at any depth, as properties."""
    if isinstance(value, Mapping):
        return {_BACK.get(key, key[:1].lower() + key[1:]): as_properties(item) for key, item in value.items()}
    return [as_properties(item) for item in value] if isinstance(value, list) else value
