"""Ignition's configuration, specification 3, as Ignition reads it (coreos.github.io/ignition/configuration-v3_5)."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import posixpath
import urllib.parse
from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.machines.errors import UserDataRefused
from canal_aws.sandbox.machines.first_boot import File, FirstBoot, Link

PROGRAM = "ignition"
VERSIONS = ("3.0.0", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.5.0")
UNITS = "/etc/systemd/system"
# Read-only on Flatcar (documentation, "Filesystem layout").
_READ_ONLY = "/usr/"
_ALLOWED = {
    "": ("ignition", "storage", "systemd", "passwd"),
    "ignition": ("version", "config"),
    "config": ("replace",),
    "storage": ("files", "links", "directories"),
    "systemd": ("units",),
    "file": ("path", "overwrite", "contents", "mode", "user", "group", "append"),
    "link": ("path", "target", "overwrite", "hard", "user", "group"),
    "directory": ("path", "overwrite", "mode", "user", "group"),
    "contents": ("source", "compression", "verification", "httpHeaders"),
    "unit": ("name", "enabled", "mask", "contents", "dropins"),
}


def parse(user_data: bytes) -> FirstBoot:
    """The first boot of a Flatcar machine. Raises UserDataRefused."""
    config = _config(user_data)
    storage, systemd = _mapping(config, "storage"), _mapping(config, "systemd")
    _known("storage", storage, "storage")
    _known("systemd", systemd, "systemd")
    notes = ["ignition: passwd is not done in the sandbox"] if config.get("passwd") else []
    files = [_file(entry, notes) for entry in _list(storage, "files")]
    folders = [_path(entry, "directory", "storage.directories") for entry in _list(storage, "directories")]
    links = [_link(entry) for entry in _list(storage, "links")]
    enabled: list[str] = []
    for entry in _list(systemd, "units"):
        _unit(entry, files, links, enabled)
    written = [file for file in files if file is not None]
    _no_doubles([file.path for file in written if not file.append] + [link.path for link in links] + folders)
    return FirstBoot("flatcar", tuple(written), tuple(folders), tuple(links), tuple(enabled), notes=tuple(notes))


def _config(text: bytes) -> dict[str, Any]:
    """The configuration, or the one that it names in its place."""
    try:
        config: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise UserDataRefused(PROGRAM, f"user data is not JSON: {error}") from error
    _known("", config, "the configuration")
    ignition = _mapping(config, "ignition")
    _known("ignition", ignition, "ignition")
    version = ignition.get("version")
    if version not in VERSIONS:
        raise UserDataRefused(
            PROGRAM, f"ignition.version is {version!r}: not a specification that Ignition knows ({', '.join(VERSIONS)})"
        )
    others = _mapping(ignition, "config")
    _known("config", others, "ignition.config")
    contents = _mapping(others, "replace")
    _known("contents", contents, "ignition.config.replace")
    if not (source := contents.get("source")):
        return config
    if not source.startswith("data:"):
        raise UserDataRefused(PROGRAM, f"ignition.config.replace: {source[:40]!r} is not fetched in the sandbox")
    return _config(_content("ignition.config.replace", contents, source))


def _file(entry: Mapping[str, Any], notes: list[str]) -> File | None:
    path = _path(entry, "file", "storage.files")
    mode = entry.get("mode", 0o644)
    if not isinstance(mode, int) or not 0 <= mode <= 0o7777:
        raise UserDataRefused(PROGRAM, f"{path}: mode {mode!r} is not a number from 0 to 4095 (0o7777)")
    if entry.get("append"):
        raise UserDataRefused(PROGRAM, f"{path}: append is not modelled")
    contents = _mapping(entry, "contents")
    _known("contents", contents, f"{path}: contents")
    source = contents.get("source") or "data:,"
    if source.startswith(("http://", "https://", "s3://", "tftp://", "gs://")):
        notes.append(f"ignition: {path} is not fetched in the sandbox ({source})")
        return None
    if not source.startswith("data:"):
        raise UserDataRefused(PROGRAM, f"{path}: source {source[:40]!r} has a scheme that Ignition does not know")
    return File(path, _content(path, contents, source), mode)


def _content(path: str, contents: Mapping[str, Any], source: str) -> bytes:
    """What a data URL holds (RFC 2397), unpacked and compared with its hash."""
    header, comma, data = source.partition(",")
    compression = contents.get("compression") or ""
    try:
        if not comma:
            raise ValueError("a data URL needs a comma")
        quoted = urllib.parse.unquote_to_bytes(data)
        content = base64.b64decode(quoted, validate=True) if header.endswith(";base64") else quoted
        if compression == "gzip":
            content = gzip.decompress(content)
        elif compression:
            raise ValueError(f"compression {compression!r} is none that Ignition knows")
    except (ValueError, binascii.Error, OSError, EOFError) as error:
        raise UserDataRefused(PROGRAM, f"{path}: the data URL cannot be read: {error}") from error
    wanted = _mapping(contents, "verification").get("hash")
    if wanted:
        function, _, digest = wanted.partition("-")
        # Of what is transferred: before it is unpacked.
        packed = base64.b64decode(quoted) if header.endswith(";base64") else quoted
        if function not in ("sha512", "sha256") or hashlib.new(function, packed).hexdigest() != digest:
            raise UserDataRefused(PROGRAM, f"{path}: the content's hash is not {wanted}")
    return content


def _link(entry: Mapping[str, Any]) -> Link:
    path = _path(entry, "link", "storage.links")
    if not entry.get("target"):
        raise UserDataRefused(PROGRAM, f"{path}: the link has no target")
    if entry.get("hard"):
        raise UserDataRefused(PROGRAM, f"{path}: hard links are not modelled")
    return Link(path, entry["target"])


def _unit(entry: Mapping[str, Any], files: list[File | None], links: list[Link], enabled: list[str]) -> None:
    name = entry.get("name")
    _known("unit", entry, f"systemd.units {name}")
    if not isinstance(name, str) or posixpath.splitext(name)[1] not in (
        *(".service", ".socket", ".device", ".mount", ".automount", ".swap", ".target", ".path", ".timer", ".slice"),
        ".scope",
    ):
        raise UserDataRefused(PROGRAM, f"systemd.units: {name!r} is no name of a unit")
    if entry.get("contents"):
        files.append(File(f"{UNITS}/{name}", entry["contents"].encode()))
    for drop_in in _list(entry, "dropins"):
        if not str(drop_in.get("name")).endswith(".conf"):
            raise UserDataRefused(PROGRAM, f"systemd.units {name}: a drop-in's name has to end with .conf")
        files.append(File(f"{UNITS}/{name}.d/{drop_in['name']}", (drop_in.get("contents") or "").encode()))
    if entry.get("mask"):
        links.append(Link(f"{UNITS}/{name}", "/dev/null"))
    if entry.get("enabled"):
        if entry.get("contents") and "[Install]" not in entry["contents"]:
            raise UserDataRefused(PROGRAM, f"systemd.units {name} is enabled and has no [Install] section")
        enabled.append(name)


def _path(entry: Any, kind: str, where: str) -> str:
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise UserDataRefused(PROGRAM, f"{where}: an entry has no path")
    path: str = entry["path"]
    _known(kind, entry, path)
    if not path.startswith("/"):
        raise UserDataRefused(PROGRAM, f"{where}: {path} is not an absolute path")
    if path.startswith(_READ_ONLY):
        raise UserDataRefused(PROGRAM, f"{where}: {path} cannot be written: /usr is read-only on Flatcar")
    return path


def _no_doubles(paths: list[str]) -> None:
    doubles = sorted({path for path in paths if paths.count(path) > 1})
    if doubles:
        raise UserDataRefused(PROGRAM, f"{doubles[0]} is written twice")


def _known(kind: str, entry: Any, where: str) -> None:
    if not isinstance(entry, dict):
        raise UserDataRefused(PROGRAM, f"{where} is not an object")
    unknown = [key for key in entry if key not in _ALLOWED[kind]]
    if unknown:
        raise UserDataRefused(PROGRAM, f"{where}: {unknown[0]!r} is no key of Ignition's, or is not modelled")


def _mapping(entry: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = entry.get(key) or {}
    if not isinstance(value, dict):
        raise UserDataRefused(PROGRAM, f"{key} is not an object")
    return value


def _list(entry: Mapping[str, Any], key: str) -> list[Any]:
    value = entry.get(key) or []
    if not isinstance(value, list):
        raise UserDataRefused(PROGRAM, f"{key} is not a list")
    return value
