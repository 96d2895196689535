"""What a change of inputs means for an object that exists: nothing, an update, or another object."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.provider.experimental.provider import PropertyDiffKind

from canal_aws.sandbox.providers.kubernetes.kinds import IDENTITY, Kind
from canal_aws.sandbox.providers.kubernetes.kubeconfig import DEFAULT_NAMESPACE
from canal_aws.sandbox.providers.values import UNKNOWN


@dataclass
class Difference:
    """Paths that differ, as the engine spells them (`metadata.labels["k8s-app"]`, `spec.ports[0]`)."""

    detailed: dict[str, PropertyDiffKind] = field(default_factory=dict)
    replaces: list[str] = field(default_factory=list)
    delete_before_replace: bool = False


def diff(
    kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Collection[str] = (), mutable: bool = False
) -> Difference:
    """Compare inputs with inputs. After a refresh the old ones hold what is live now of the fields that we set.

    mutable
        `enableConfigMapMutable`: a ConfigMap that is not `immutable` is updated in place.
    """
    replacing = list(IDENTITY)
    if not (kind.name == "ConfigMap" and mutable and not new.get("immutable")):
        replacing.extend(kind.replaces)
    paths: dict[str, str] = {}
    _compare(_canonical(old, kind), _canonical(new, kind), "", paths)
    result = Difference()
    for path, verb in sorted(paths.items()):
        if any(_within(path, prefix) for prefix in ignored):
            continue
        # A whole subtree that appears or goes takes the replacing property below it along.
        replaces = any(_within(path, prefix) or _within(prefix, path) for prefix in replacing)
        result.detailed[path] = PropertyDiffKind[f"{verb}_REPLACE" if replaces else verb]
        if replaces:
            result.replaces.append(path)
    same_name = all(_at(old, key) == _at(new, key) for key in ("metadata.name", "metadata.namespace"))
    result.delete_before_replace = bool(result.replaces) and same_name
    return result


def _canonical(inputs: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Without namespace where the kind has none, with `default` where none is given."""
    metadata = dict(inputs.get("metadata") or {})
    if kind.namespaced is False:
        metadata.pop("namespace", None)
    elif not metadata.get("namespace"):
        metadata["namespace"] = DEFAULT_NAMESPACE
    return {**inputs, "metadata": metadata}


def _compare(old: Any, new: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            inner = _join(path, key)
            if old.get(key) is None and new.get(key) is None:
                continue
            if old.get(key) is None:
                found[inner] = "ADD"
            elif new.get(key) is None:
                found[inner] = "DELETE"
            else:
                _compare(old[key], new[key], inner, found)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            inner = f"{path}[{index}]"
            if index >= len(old):
                found[inner] = "ADD"
            elif index >= len(new):
                found[inner] = "DELETE"
            else:
                _compare(old[index], new[index], inner, found)
    elif new is UNKNOWN or old != new or type(old) is not type(new):
        found[path] = "UPDATE"


_PLAIN_KEY = re.compile(r"[A-Za-z_$][\w$]*")


def _join(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def _within(path: str, prefix: str) -> bool:
    return path == prefix or (path.startswith(prefix) and path[len(prefix)] in ".[")


def _at(inputs: Mapping[str, Any], path: str) -> Any:
    value: Any = inputs
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
