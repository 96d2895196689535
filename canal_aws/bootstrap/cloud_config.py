"""cloud-init's #cloud-config, written so that a person can review it: each file as a literal block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import indent
from typing import Any

import yaml

# write_files' own default, so it need not be written.
_DEFAULT_PERMISSIONS = "0644"


@dataclass(frozen=True)
class NodeFile:
    """A file on a node: absolute path, text, and its mode in octal as cloud-init takes it."""

    path: str
    content: str
    permissions: str = _DEFAULT_PERMISSIONS


def dump(*documents: Any) -> str:
    """Documents as one YAML text, keys in their order, separated by `---`."""
    return yaml.safe_dump_all(documents, sort_keys=False, width=1000)


def cloud_config(files: Sequence[NodeFile], commands: Sequence[str], **settings: Any) -> str:
    """User data that writes `files` and then runs `commands`; `settings` are further top-level keys.

    Modules and their keys: cloud-init documentation, reference/modules (write_files, runcmd).
    """
    entries = "".join(_entry(file) for file in files)
    return f"#cloud-config\n{dump(settings)}write_files:\n{entries}{dump({'runcmd': list(commands)})}"


def _entry(file: NodeFile) -> str:
    """One entry of write_files. By hand, with the least indentation that YAML takes: EC2 counts each byte."""
    mode = "" if file.permissions == _DEFAULT_PERMISSIONS else f"  permissions: '{file.permissions}'\n"
    return f"- path: {file.path}\n{mode}  content: |\n{indent(file.content, '   ')}"
