"""What cloud-init would make of user data, and what it would refuse."""

from __future__ import annotations

import base64
import gzip

import pytest

from canal_aws.sandbox.machines.errors import UserDataRefused
from canal_aws.sandbox.machines.first_boot import parse

_HEAD = "#cloud-config\n"


def _file(**entry: object) -> bytes:
    lines = "".join(f"  {key}: {value}\n" for key, value in entry.items())
    return f"{_HEAD}write_files:\n- path: /etc/x\n{lines}".encode()


def test_files_and_commands_come_out_as_cloud_init_writes_them() -> None:
    text = f"""{_HEAD}preserve_hostname: true
write_files:
- path: /opt/a.sh
  permissions: '0755'
  content: |
   #!/bin/bash
   echo hello
runcmd:
- systemctl enable --now --no-block a.service
- [echo, "it's", 2]
"""
    plan = parse(gzip.compress(text.encode(), mtime=0))
    (file,) = plan.files
    assert (file.path, file.mode, file.content) == ("/opt/a.sh", 0o755, b"#!/bin/bash\necho hello\n")
    assert plan.commands == ("systemctl enable --now --no-block a.service", "'echo' 'it'\\''s' '2'")
    assert plan.system == "ubuntu"
    assert plan.hostname is None


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("b64", base64.b64encode(b"text").decode()),
        ("gz+b64", base64.b64encode(gzip.compress(b"text", mtime=0)).decode()),
        ("text/plain", "text"),
    ],
)
def test_encodings_of_content(encoding: str, content: str) -> None:
    assert parse(_file(encoding=encoding, content=content)).files[0].content == b"text"


def test_no_user_data_boots_a_machine_that_does_nothing() -> None:
    assert parse(b"").files == ()


def test_what_a_machine_does_not_do_is_noted() -> None:
    assert parse(f"{_HEAD}packages: [jq]\n".encode()).notes == ("cloud-init: packages is not done in the sandbox",)


@pytest.mark.parametrize(
    ("user_data", "said"),
    [
        (b"#!/bin/bash\necho", "expected #cloud-config"),
        (b"#cloud-config\nwrite_files: [", "not YAML"),
        (b"#cloud-config\n- a", "not a mapping"),
        (b"#cloud-config\nwrite_file: []", "'write_file'"),
        (b"#cloud-config\nruncmd: echo", "runcmd is not a list"),
        (b"#cloud-config\nruncmd: [{a: b}]", "neither a string nor a list"),
        (b"\xff\xfe", "neither text nor gzip"),
        (gzip.compress(b"#cloud-config\n", mtime=0)[:-6], "neither text nor gzip"),
        (_file(permissions="0755"), "not a string of octal digits"),
        (_file(permissions="'rwx'"), "not a string of octal digits"),
        (_file(permission="'0755'"), "'permission'"),
        (_file(owner="canal:canal"), "the machines have root only"),
        (_file(encoding="rot13"), "encoding 'rot13'"),
        (_file(encoding="gzip", content="text"), "is not gzip"),
        (b"#cloud-config\nwrite_files: [{path: etc/x}]", "not an absolute path"),
        (b"#cloud-config\nwrite_files: [{content: x}]", "has no path"),
    ],
)
def test_refused_with_what_is_wrong(user_data: bytes, said: str) -> None:
    with pytest.raises(UserDataRefused, match=said.replace("[", r"\[")) as refused:
        parse(user_data)
    assert refused.value.program == "cloud-init"
