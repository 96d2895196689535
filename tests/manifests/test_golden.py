"""What is built, word for word: a change to any object shows as a change to a file here.

`CANAL_AWS_UPDATE_GOLDEN=1 pytest tests/manifests/test_golden.py` writes the files anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from architectures import ARCHITECTURES, Architecture
from canal_aws.manifests import ClusterNetwork, Manifest, build, render_yaml

GOLDEN = Path(__file__).parent / "golden"
NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")


def is_definition(item: Manifest) -> bool:
    return bool(item["kind"] == "CustomResourceDefinition")


def compare(path: Path, text: str) -> None:
    if os.environ.get("CANAL_AWS_UPDATE_GOLDEN"):
        path.write_text(text)
    assert text == path.read_text(), f"{path.name} differs: see this module's docstring"


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)
def test_objects_beside_definitions(architecture: Architecture) -> None:
    objects = [item for item in build(architecture, NETWORK) if not is_definition(item)]
    compare(GOLDEN / f"{architecture.name}.yaml", render_yaml(objects))


def test_definitions_are_the_same_for_all() -> None:
    definitions = [[item for item in build(one, NETWORK) if is_definition(item)] for one in ARCHITECTURES]
    assert all(items == definitions[0] for items in definitions)


def test_fields_of_definitions() -> None:
    """One line a field: name, type, limits. A field that is missing here is pruned by the API server."""
    lines = []
    for item in build(ARCHITECTURES[0], NETWORK):
        if is_definition(item):
            spec = item["spec"]
            lines.append(f"{spec['names']['kind']} ({spec['group']}, {spec['scope']})")
            lines += fields(spec["versions"][0]["schema"]["openAPIV3Schema"], "")
    compare(GOLDEN / "fields.txt", "\n".join(lines) + "\n")


def fields(schema: Manifest, path: str) -> Iterator[str]:
    for name, inner in schema.get("properties", {}).items():
        if path or name not in ("apiVersion", "kind", "metadata"):
            yield from field(inner, f"{path}.{name}")


def field(schema: Manifest, path: str) -> Iterator[str]:
    limits = {key: value for key, value in schema.items() if key not in NESTED}
    words = " ".join(f"{key.removeprefix('x-kubernetes-')}={value}" for key, value in sorted(limits.items()))
    rules = "".join(f"  [{rule['rule']}]" for rule in schema.get("x-kubernetes-validations", []))
    yield f"  {path} {schema.get('type', 'integer or string')} {words}{rules}".rstrip()
    if "items" in schema:
        yield from field(schema["items"], f"{path}[]")
    if "additionalProperties" in schema:
        yield from field(schema["additionalProperties"], f"{path}{{}}")
    yield from fields(schema, path)


NESTED = ("type", "properties", "items", "additionalProperties", "anyOf", "x-kubernetes-validations")
