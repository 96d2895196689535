"""What user data tells a machine to do at its first boot, whichever program reads it there."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass
from typing import Any

from canal_aws.sandbox.machines.errors import UserDataRefused


@dataclass(frozen=True)
class File:
    """A file to write: absolute path, content, and permissions as a number."""

    path: str
    content: bytes
    mode: int = 0o644
    append: bool = False


@dataclass(frozen=True)
class Link:
    """A symbolic link to make."""

    path: str
    target: str


@dataclass(frozen=True)
class FirstBoot:
    """Files and links first, then `enabled` units are enabled; `commands` are shell lines, run in order at the end.

    Attributes:
        system: "ubuntu" or "flatcar", after the program that reads the user data.
        notes: for the console: what the user data asks for and the machine does not do.
        hostname: None where the machine has its EC2 name.
    """

    system: str
    files: tuple[File, ...] = ()
    folders: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    enabled: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    hostname: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For the channel: content in base64."""
        plain = dataclasses.asdict(self)
        for file in plain["files"]:
            file["content"] = base64.b64encode(file["content"]).decode()
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> FirstBoot:
        """What `as_json` made."""
        files = tuple(File(**{**file, "content": base64.b64decode(file["content"])}) for file in plain["files"])
        links = tuple(Link(**link) for link in plain["links"])
        lists = {name: tuple(plain[name]) for name in ("folders", "enabled", "commands", "notes")}
        return cls(system=plain["system"], files=files, links=links, hostname=plain["hostname"], **lists)


def parse(user_data: bytes) -> FirstBoot:
    """The plan of either kind of user data. Raises UserDataRefused."""
    # Both are only needed where machines boot, and yaml is slow to import.
    from canal_aws.sandbox.machines import cloud_config, ignition

    if user_data.lstrip().startswith(b"{"):
        return ignition.parse(user_data)
    return cloud_config.parse(user_data)


__all__ = ["File", "FirstBoot", "Link", "UserDataRefused", "parse"]
