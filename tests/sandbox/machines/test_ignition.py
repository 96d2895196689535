"""What Ignition would make of a configuration, and what it would refuse."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import pytest

from canal_aws.sandbox.machines.errors import UserDataRefused
from canal_aws.sandbox.machines.first_boot import Link, parse


def _config(version: str = "3.4.0", **sections: Any) -> bytes:
    return json.dumps({"ignition": {"version": version}, **sections}).encode()


def _file(source: str, **more: Any) -> bytes:
    entry = {"path": "/opt/a", "contents": {"source": source, **more.pop("contents", {})}, **more}
    return _config(storage={"files": [entry]})


def _packed(content: bytes) -> str:
    return "data:;base64," + base64.b64encode(gzip.compress(content, mtime=0)).decode()


def test_files_links_and_units_come_out_as_ignition_writes_them() -> None:
    contents = {"source": _packed(b"#!/bin/bash\n"), "compression": "gzip"}
    plan = parse(
        _config(
            storage={
                "files": [{"path": "/opt/a.sh", "mode": 0o755, "contents": contents}, {"path": "/etc/empty"}],
                "links": [{"path": "/etc/extensions/x.raw", "target": "/opt/x.raw"}],
                "directories": [{"path": "/opt/d"}],
            },
            systemd={
                "units": [
                    {
                        "name": "a.service",
                        "enabled": True,
                        "contents": "[Service]\nExecStart=/a\n[Install]\nWantedBy=x",
                        "dropins": [{"name": "b.conf", "contents": "[Service]\n"}],
                    },
                    {"name": "locksmithd.service", "mask": True},
                ]
            },
        )
    )
    written = {file.path: (file.mode, file.content) for file in plan.files}
    assert written["/opt/a.sh"] == (0o755, b"#!/bin/bash\n")
    assert written["/etc/empty"] == (0o644, b"")
    assert written["/etc/systemd/system/a.service.d/b.conf"] == (0o644, b"[Service]\n")
    assert plan.enabled == ("a.service",)
    assert plan.folders == ("/opt/d",)
    assert Link("/etc/systemd/system/locksmithd.service", "/dev/null") in plan.links
    assert plan.system == "flatcar"


def test_a_hash_is_that_of_what_is_transferred() -> None:
    packed = gzip.compress(b"text", mtime=0)
    verification = {"hash": f"sha256-{hashlib.sha256(packed).hexdigest()}"}
    source = "data:;base64," + base64.b64encode(packed).decode()
    made = parse(_file(source, contents={"compression": "gzip", "verification": verification}))
    assert made.files[0].content == b"text"


def test_a_remote_file_is_named_and_not_fetched() -> None:
    plan = parse(_file("https://extensions.example/kubernetes.raw"))
    assert plan.files == ()
    assert plan.notes == ("ignition: /opt/a is not fetched in the sandbox (https://extensions.example/kubernetes.raw)",)


@pytest.mark.parametrize(
    ("user_data", "said"),
    [
        (b'{"ignition":', "not JSON"),
        (_config("2.3.0"), "'2.3.0'"),
        (_config("3.9.0"), "'3.9.0'"),
        (b"{}", "version is None"),
        (_config(storages={}), "'storages'"),
        (_config(storage={"disks": []}), "'disks'"),
        (_file("data:,x", permissions=7), "'permissions'"),
        (_file("data:,x", mode="0755"), "not a number"),
        (_file("data:,x", mode=0o10000), "not a number"),
        (_file("data:;base64,%%"), "cannot be read"),
        (_file("data:;base64,eA==", contents={"compression": "gzip"}), "cannot be read"),
        (_file("data:,x", contents={"verification": {"hash": "sha256-00"}}), "hash is not"),
        (_file("ftp://x/y"), "scheme"),
        (_config(storage={"files": [{"path": "a"}]}), "not an absolute path"),
        (_config(storage={"files": [{"path": "/usr/lib/x"}]}), "read-only on Flatcar"),
        (_config(storage={"files": [{"path": "/a"}, {"path": "/a"}]}), "/a is written twice"),
        (_config(storage={"links": [{"path": "/a"}]}), "no target"),
        (_config(systemd={"units": [{"name": "a"}]}), "no name of a unit"),
        (_config(systemd={"units": [{"name": "a.service", "enabled": True, "contents": "[Service]"}]}), "no .Install"),
    ],
)
def test_refused_with_what_is_wrong(user_data: bytes, said: str) -> None:
    with pytest.raises(UserDataRefused, match=said) as refused:
        parse(user_data)
    assert refused.value.program == "ignition"
