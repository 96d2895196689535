"""What a change of inputs means for a resource that exists: nothing, an update, or a replacement."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.provider.experimental.provider import PropertyDiffKind

from canal_aws.sandbox.providers.aws.check import DEFAULTED
from canal_aws.sandbox.providers.aws.schema import Property, ResourceType
from canal_aws.sandbox.providers.values import UNKNOWN, has_unknown


@dataclass
class Difference:
    """`changed` and `replaces` hold names of properties, `detailed` paths such as `tags["role"]`."""

    changed: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    detailed: dict[str, PropertyDiffKind] = field(default_factory=dict)
    delete_before_replace: bool = False


def diff_resource(
    kind: ResourceType, state: Mapping[str, Any], inputs: Mapping[str, Any], ignored: Collection[str] = ()
) -> Difference:
    """Compare what exists (`state`) with what is wanted (`inputs`, checked)."""
    result = Difference()
    by_value = kind.also_replaces(dict(state), inputs) if kind.also_replaces else set()
    for name, known in kind.properties.items():
        if not known.is_input or known.kind == "write-only" or name in ignored:
            continue
        old, new = state.get(name), inputs.get(name)
        paths = compare(known, old, new, name)
        if not paths:
            continue
        result.changed.add(name)
        # Some types cannot be updated at all.
        replace = known.on_change == "replace" or kind.update is None or name in by_value
        if replace:
            result.replaces.add(name)
        for path, verb in paths.items():
            result.detailed[path] = PropertyDiffKind[f"{verb}_REPLACE" if replace else verb]
    result.delete_before_replace = bool(result.replaces) and (kind.deletes_first or _name_is_taken(kind, state, inputs))
    return result


def _name_is_taken(kind: ResourceType, state: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether the replacement would need the name of the resource that it replaces: the bridge deletes
    first where a name that could be automatic is explicit and stays."""
    if kind.autoname is None or kind.autoname.property in inputs.get(DEFAULTED, ()):
        return False
    return bool(state.get(kind.autoname.property) == inputs.get(kind.autoname.property))


def compare(known: Property, old: Any, new: Any, path: str) -> dict[str, str]:
    """Paths that differ, each with ADD, DELETE or UPDATE; empty where `old` and `new` mean the same."""
    if new is None and known.kind == "optional-computed":
        return {}
    if known.shape == "map":
        return _compare_maps(old or {}, new, path)
    if known.shape == "object" and isinstance(old, Mapping) and isinstance(new, Mapping):
        found: dict[str, str] = {}
        for key, inner in known.fields.items():
            found |= compare(inner, old.get(key), new.get(key), f"{path}.{key}")
        return found
    if known.shape == "objects" and isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        single = Property(known.kind, "object", fields=known.fields)
        found = {}
        for index, pair in enumerate(zip(old, new, strict=True)):
            found |= compare(single, pair[0], pair[1], f"{path}[{index}]")
        return found
    if _same(known, old, new):
        return {}
    if _empty(known, old):
        return {path: "ADD"}
    return {path: "DELETE" if _empty(known, new) else "UPDATE"}


def _compare_maps(old: Mapping[str, Any], new: Any, path: str) -> dict[str, str]:
    if new is UNKNOWN:
        return {path: "UPDATE"}
    found = {}
    for key in sorted(old.keys() | (new or {}).keys()):
        before, after = old.get(key), (new or {}).get(key)
        if before != after:
            verb = "ADD" if before is None else "DELETE" if after is None else "UPDATE"
            found[f"{path}[{json.dumps(key)}]"] = verb
    return found


def _same(known: Property, old: Any, new: Any) -> bool:
    if _empty(known, old) and _empty(known, new):
        return True
    if has_unknown(new) or old is None or new is None:
        return False
    if known.same is not None:
        return known.same(old, new)
    if known.shape == "string-set":
        return set(old) == set(new)
    return bool(old == new)


def _empty(known: Property, value: Any) -> bool:
    """Absent, or what the official provider's state does not tell from absent."""
    if value is None or value == [] or value == {}:
        return True
    return (known.shape == "string" and value == "") or (
        known.shape == "bool" and value is False and known.default is None
    )


def same_policy(old: Any, new: Any) -> bool:
    """Whether two policy documents say the same: key order, white space, and a single string in place of a
    list of one make no difference (https://github.com/hashicorp/awspolicyequivalence)."""
    try:
        return bool(_canonical(json.loads(old)) == _canonical(json.loads(new)))
    except (TypeError, ValueError):
        return bool(old == new)


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_canonical(item) for item in value]
        if all(isinstance(item, str) for item in items):
            items = sorted(set(items))
        return items[0] if len(items) == 1 else items
    return value
