"""Instances and user data of tests that need no cluster."""

from __future__ import annotations

from canal_aws.sandbox.machines import Credentials, Instance

CREDENTIALS = Credentials("ASIAEXAMPLE", "se/cret+key=", "to//ken==")


def instance(key: str, address: str, **tags: str) -> Instance:
    """An instance of the role `nodes`; `tags` without their prefix, "_" for "-"."""
    named = {f"canal-aws:{name.replace('_', '-')}": value for name, value in tags.items()}
    return Instance(f"i-{key}", address, "m7g.large", "us-east-1a", "us-east-1", named, "nodes", CREDENTIALS)


def cloud_config(script: str, unit: str = "", timer: str = "", command: str = "") -> bytes:
    """User data with one script, a unit that runs it, and what starts the unit."""
    service = unit or "[Service]\nType=oneshot\nExecStart=/opt/a.sh\nStandardOutput=journal+console\n"
    files = {"/opt/a.sh": f"#!/bin/bash\n{script}\n", "/etc/systemd/system/a.service": service}
    if timer:
        files["/etc/systemd/system/a.timer"] = timer
    text = "#cloud-config\nwrite_files:\n"
    for path, content in files.items():
        indented = content.replace("\n", "\n   ").rstrip()
        text += f"- path: {path}\n  permissions: '0755'\n  content: |\n   {indented}\n"
    return f"{text}runcmd: ['{command or 'systemctl start --no-block a'}']\n".encode()
