"""Objects as YAML text, the same bytes for the same objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from canal_aws.manifests.objects import Manifest


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as a block, and every value in full: readers know no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, data: str) -> yaml.ScalarNode:
        style = "|" if "\n" in data else None
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=style)


_Dumper.add_representer(str, _Dumper.represent_text)


def render_yaml(objects: Iterable[Manifest]) -> str:
    """The objects as YAML documents, in their order and with their keys' order; `kubectl apply -f -` reads it."""
    return yaml.dump_all(objects, Dumper=_Dumper, sort_keys=False, explicit_start=True, width=110)
