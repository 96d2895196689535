"""What Ignition makes of a configuration, read back: to compare two of them by what a node would have."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any
from urllib.parse import unquote_to_bytes


def replaced(user_data: bytes) -> dict[str, Any]:
    """The configuration that user data names in its place."""
    outer = json.loads(user_data)
    assert set(outer) == {"ignition"}
    config: dict[str, Any] = json.loads(content(outer["ignition"]["config"]["replace"]))
    return config


def content(resource: dict[str, Any]) -> bytes:
    """A resource's bytes, unpacked; those of a URL that is not its own content are the URL."""
    header, _, data = resource["source"].partition(",")
    if not header.startswith("data:"):
        return str(resource["source"]).encode()
    plain = unquote_to_bytes(data)
    plain = base64.b64decode(plain) if header.endswith(";base64") else plain
    return gzip.decompress(plain) if resource.get("compression") == "gzip" else plain


def meaning(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with its contents read and what is only a default left out, comparable with `==`."""
    storage, systemd = config["storage"], config["systemd"]
    assert set(config) == {"ignition", "storage", "systemd"}
    assert set(storage) <= {"files", "links"}
    return {
        "version": config["ignition"]["version"],
        "files": {
            file["path"]: {
                "mode": 0o644,
                "overwrite": False,
                **{key: value for key, value in file.items() if key not in ("path", "contents")},
                "content": content(file["contents"]),
            }
            for file in storage["files"]
        },
        "links": {link["path"]: {"hard": False, "overwrite": False, **link} for link in storage["links"]},
        "units": {unit["name"]: unit for unit in systemd["units"]},
    }
