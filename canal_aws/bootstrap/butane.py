"""Butane, the YAML that people write for Flatcar, and what its compiler makes of it: an Ignition configuration.

Only the part of variant flatcar 1.1.0 that nodes need (coreos.github.io/butane/config-flatcar-v1_1): files with inline
text or a URL, links, and systemd units. The real Butane gives an equal configuration; the tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from canal_aws.bootstrap import ignition
from canal_aws.bootstrap.node_files import NodeFile, Unit
from canal_aws.bootstrap.spec import BootstrapError

VARIANT = "flatcar"
#: The newest stable one; it means Ignition's specification 3.4.0.
VERSION = "1.1.0"

Entry = dict[str, Any]


def document(files: Iterable[Entry], links: Iterable[Entry], units: Iterable[Entry]) -> Entry:
    """A whole Butane document."""
    storage = {"files": list(files), "links": list(links)}
    return {"variant": VARIANT, "version": VERSION, "storage": storage, "systemd": {"units": list(units)}}


def written(file: NodeFile, overwrite: bool = False) -> Entry:
    """A file with its text; `overwrite` where the image has one of that path."""
    mode = int(file.permissions, 8)
    return {
        "path": file.path,
        **({"overwrite": True} if overwrite else {}),
        # Ignition's own default need not be said.
        **({"mode": _Octal(mode)} if mode != ignition.DEFAULT_MODE else {}),
        "contents": {"inline": _Block(file.content)},
    }


def fetched(path: str, url: str) -> Entry:
    """A file that Ignition downloads before the system starts; it tries again until the network is there."""
    return {"path": path, "contents": {"source": url}}


def linked(path: str, target: str, overwrite: bool = False) -> Entry:
    """A symbolic link."""
    return {"path": path, "target": target, **({"overwrite": True} if overwrite else {})}


def unit(given: Unit) -> Entry:
    """A unit of ours."""
    return {
        "name": given.name,
        **({"enabled": True} if given.enabled else {}),
        "contents": _Block(given.content),
    }


def masked(name: str) -> Entry:
    """A unit of the image that nobody can start."""
    return {"name": name, "mask": True}


def to_ignition(source: Entry) -> Entry:
    """The Ignition configuration of a document. BootstrapError for a field outside of the part that is compiled."""
    if (source["variant"], source["version"]) != (VARIANT, VERSION):
        raise BootstrapError(
            f"Butane {source['variant']} {source['version']} is not compiled, only {VARIANT} {VERSION}"
        )
    return _compiled(
        source,
        variant=lambda _: {},
        version=lambda _: {"ignition": {"version": ignition.VERSION}},
        storage=lambda storage: {
            "storage": _compiled(storage, files=_each("files", _file), links=_each("links", _link))
        },
        systemd=lambda systemd: {"systemd": _compiled(systemd, units=_each("units", _unit))},
    )


def dump(source: Entry) -> str:
    """The document as people write it: texts as literal blocks, modes in octal."""
    return yaml.dump(source, Dumper=_Dumper, sort_keys=False, width=1000)


def _file(entry: Entry) -> Entry:
    return _compiled(entry, *("path", "overwrite", "mode"), contents=lambda found: {"contents": _contents(found)})


def _contents(entry: Entry) -> Entry:
    return _compiled(entry, "source", inline=lambda text: {"source": ignition.data_url(text)})


def _link(entry: Entry) -> Entry:
    return _compiled(entry, "path", "target", "overwrite")


def _unit(entry: Entry) -> Entry:
    return _compiled(entry, "name", "enabled", "mask", "contents")


def _each(key: str, compile_entry: Callable[[Entry], Entry]) -> Callable[[Any], Entry]:
    return lambda entries: {key: [compile_entry(entry) for entry in entries]}


def _compiled(entry: Mapping[str, Any], *same: str, **fields: Callable[[Any], Entry]) -> Entry:
    """What the fields of an entry become: those of `same` are equal in Ignition."""
    result: Entry = {}
    for key, value in entry.items():
        if key in same:
            result[key] = value
        elif key in fields:
            result.update(fields[key](value))
        else:
            raise BootstrapError(
                f"Butane's {key} is not compiled: use {', '.join((*same, *fields))}, or compile it in {__name__}"
            )
    return result


class _Block(str):
    """Text of several lines."""


class _Octal(int):
    """A file's mode."""


class _Dumper(yaml.SafeDumper):
    """Writes those two as a person would."""


_Dumper.add_representer(_Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))
_Dumper.add_representer(_Octal, lambda dumper, mode: dumper.represent_scalar("tag:yaml.org,2002:int", f"0{mode:o}"))
