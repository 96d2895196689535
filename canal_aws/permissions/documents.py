"""Policies as IAM takes them: statements, in as many documents as the size of a managed policy makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from canal_aws.permissions.needs import Grant, Need

#: IAM User Guide, "IAM and AWS STS quotas": a managed policy, white space not counted. Ten of them go on one identity.
POLICY_CHARACTERS = 6144

Statement = dict[str, Any]
Document = dict[str, Any]


def documents(name: str, needs: Iterable[Need]) -> Mapping[str, Document]:
    """Policy documents by name, `name`-1 and so on where one does not hold them; all of them are needed together."""
    parts: list[list[Statement]] = [[]]
    for statement in _fitting(statements(needs)):
        if parts[-1] and size(_document([*parts[-1], statement])) > POLICY_CHARACTERS:
            parts.append([])
        parts[-1].append(statement)
    if len(parts) == 1:
        return {name: _document(parts[0])}
    return {f"{name}-{number}": _document(part) for number, part in enumerate(parts, 1)}


def statements(needs: Iterable[Need]) -> Iterator[Statement]:
    """One statement a grant, with every action that it is the grant of."""
    by_grant: dict[Grant, list[str]] = {}
    for need in needs:
        found = by_grant.setdefault(need.grant, [])
        if need.action not in found:
            found.append(need.action)
    for grant, actions in by_grant.items():
        statement: Statement = {"Effect": "Allow", "Action": actions, "Resource": _listed(grant.resources)}
        if grant.condition:
            condition: dict[str, dict[str, Any]] = {}
            for operator, key, values in grant.condition:
                condition.setdefault(operator, {})[key] = _listed(values)
            statement["Condition"] = condition
        yield statement


def size(document: Document) -> int:
    """Characters as IAM counts them."""
    return len(json.dumps(document, separators=(",", ":")))


def _fitting(all_statements: Iterable[Statement]) -> Iterator[Statement]:
    """Each statement, halved by its actions until a document holds it."""
    for statement in all_statements:
        actions = statement["Action"]
        if len(actions) > 1 and size(_document([statement])) > POLICY_CHARACTERS:
            middle = len(actions) // 2
            yield from _fitting({**statement, "Action": half} for half in (actions[:middle], actions[middle:]))
        else:
            yield statement


def _document(given: list[Statement]) -> Document:
    return {"Version": "2012-10-17", "Statement": given}


def _listed(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)
