"""cloud-init's #cloud-config, written so that a person can review it: each file as a literal block."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import Any

import yaml

from canal_aws.bootstrap.node_files import NodeFile

# write_files' own default, so it need not be written.
_DEFAULT_PERMISSIONS = "0644"


def cloud_config(files: Sequence[NodeFile], commands: Sequence[str], **settings: Any) -> str:
    """User data that writes `files` and then runs `commands`; `settings` are further top-level keys.

    Modules and their keys: cloud-init documentation, reference/modules (write_files, runcmd).
    """
    entries = "".join(_entry(file) for file in files)
    return f"#cloud-config\n{_dump(settings)}write_files:\n{entries}{_dump({'runcmd': list(commands)})}"


def _dump(document: Any) -> str:
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _entry(file: NodeFile) -> str:
    """One entry of write_files. By hand: the literal block is what makes it readable."""
    mode = "" if file.permissions == _DEFAULT_PERMISSIONS else f"  permissions: '{file.permissions}'\n"
    return f"- path: {file.path}\n{mode}  content: |\n{indent(file.content, '   ')}"
