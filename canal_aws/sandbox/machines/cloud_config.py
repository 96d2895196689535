"""#cloud-config, read as cloud-init reads it (documentation, "Module reference": write_files, runcmd, set_hostname)."""

from __future__ import annotations

import base64
import binascii
import gzip
from collections.abc import Mapping
from typing import Any

import yaml

from canal_aws.sandbox.machines.errors import UserDataRefused
from canal_aws.sandbox.machines.first_boot import File, FirstBoot

PROGRAM = "cloud-init"
_HEADER = "#cloud-config"
_GZIP_MAGIC = b"\x1f\x8b"
_MODELLED = ("write_files", "bootcmd", "runcmd", "preserve_hostname", "hostname", "fqdn", "prefer_fqdn_over_hostname")
# What a real machine does with them changes nothing that the scripts look at.
_NOT_DONE = (
    *("apt", "packages", "package_update", "package_upgrade", "package_reboot_if_required", "snap", "ntp", "timezone"),
    *("locale", "growpart", "resize_rootfs", "swap", "final_message", "ssh_pwauth", "disable_root", "users", "ssh"),
    *("ssh_authorized_keys", "manage_etc_hosts", "output"),
)
_FILE_KEYS = ("path", "content", "encoding", "owner", "permissions", "append", "defer")
_ENCODINGS = {
    **dict.fromkeys(("text/plain",), ()),
    **dict.fromkeys(("gz", "gzip"), ("gzip",)),
    **dict.fromkeys(("b64", "base64"), ("base64",)),
    **dict.fromkeys(("gz+b64", "gz+base64", "gzip+b64", "gzip+base64"), ("base64", "gzip")),
}


def parse(user_data: bytes) -> FirstBoot:
    """The first boot of an Ubuntu machine. Empty user data is fine and does nothing. Raises UserDataRefused."""
    text = _text(user_data)
    if not text.strip():
        return FirstBoot("ubuntu")
    if text.splitlines()[0].rstrip() != _HEADER:
        raise UserDataRefused(
            PROGRAM,
            f"user data starts with {text[:40]!r}: expected {_HEADER} (Ubuntu) or an Ignition document (Flatcar); "
            "scripts and MIME parts are not modelled",
        )
    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UserDataRefused(PROGRAM, f"user data is not YAML: {error}") from error
    if not isinstance(config, dict):
        raise UserDataRefused(PROGRAM, "user data is not a mapping of keys")
    for key in config:
        if key not in _MODELLED and key not in _NOT_DONE:
            raise UserDataRefused(
                PROGRAM,
                f"user data: the top-level key {key!r} is none of cloud-init's that the machines know "
                f"({', '.join(_MODELLED)})",
            )
    commands = [_command(key, entry) for key in ("bootcmd", "runcmd") for entry in _list(config, key)]
    hostname = None if config.get("preserve_hostname") else config.get("fqdn") or config.get("hostname")
    return FirstBoot(
        "ubuntu",
        files=tuple(_file(position, entry) for position, entry in enumerate(_list(config, "write_files"))),
        commands=tuple(commands),
        notes=tuple(f"cloud-init: {key} is not done in the sandbox" for key in config if key in _NOT_DONE),
        hostname=hostname,
    )


def _text(user_data: bytes) -> str:
    try:
        content = gzip.decompress(user_data) if user_data.startswith(_GZIP_MAGIC) else user_data
        return content.decode()
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise UserDataRefused(PROGRAM, f"user data is neither text nor gzip of text ({error})") from error


def _list(config: Mapping[str, Any], key: str) -> list[Any]:
    value = config.get(key) or []
    if not isinstance(value, list):
        raise UserDataRefused(PROGRAM, f"user data: {key} is not a list")
    return value


def _command(key: str, entry: Any) -> str:
    """A shell line; an argument vector is quoted as cloud-init does (util.shellify)."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, list) and entry and all(isinstance(word, str | int) for word in entry):
        quoted = ("'" + str(word).replace("'", "'\\''") + "'" for word in entry)
        return " ".join(quoted)
    raise UserDataRefused(PROGRAM, f"user data: {key} holds {entry!r}, neither a string nor a list of strings")


def _file(position: int, entry: Any) -> File:
    where = f"user data: write_files[{position}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("path"), str):
        raise UserDataRefused(PROGRAM, f"{where} has no path")
    path = entry["path"]
    if unknown := [key for key in entry if key not in _FILE_KEYS]:
        raise UserDataRefused(PROGRAM, f"{where} ({path}): the key {unknown[0]!r} is not write_files' or not modelled")
    if not path.startswith("/"):
        raise UserDataRefused(PROGRAM, f"{where}: {path} is not an absolute path")
    if entry.get("owner", "root:root") not in ("root", "root:root"):
        raise UserDataRefused(PROGRAM, f"{where} ({path}): owner {entry['owner']}: the machines have root only")
    return File(path, _content(where, entry), _mode(where, entry), bool(entry.get("append")))


def _mode(where: str, entry: Mapping[str, Any]) -> int:
    value = entry.get("permissions", "0644")
    try:
        if not isinstance(value, str):
            raise ValueError
        return int(value, 8)
    except ValueError:
        raise UserDataRefused(
            PROGRAM, f"{where} ({entry['path']}): permissions {value!r} are not a string of octal digits like '0755'"
        ) from None


def _content(where: str, entry: Mapping[str, Any]) -> bytes:
    encoding = str(entry.get("encoding", "text/plain")).lower()
    if encoding not in _ENCODINGS:
        raise UserDataRefused(PROGRAM, f"{where} ({entry['path']}): encoding {encoding!r} is not known")
    raw = entry.get("content") or ""
    content = raw if isinstance(raw, bytes) else str(raw).encode()
    try:
        for step in _ENCODINGS[encoding]:
            content = base64.b64decode(content) if step == "base64" else gzip.decompress(content)
    except (binascii.Error, OSError, EOFError) as error:
        raise UserDataRefused(PROGRAM, f"{where} ({entry['path']}) is not {encoding}: {error}") from error
    return content
