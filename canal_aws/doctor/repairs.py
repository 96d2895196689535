"""What repairs a drift, in the words of every check."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

#: Refreshing first shows Pulumi what changed behind its back: a plain `up` compares with its state alone.
UP = "`pulumi up --refresh` puts it back"
#: Nobody is told to recreate what a killed `up` left half-made.
RECOVER = "`canal-aws recover`"
REMOVED = "`pulumi up` removes it, as the configuration has it no longer"


def roll(node: str) -> str:
    """Replace one node, drained first, whether its launch template has become another or not."""
    return f"`canal-aws roll --only {node} --replace` replaces it, drained first"


def session(instance_id: str, unit: str) -> str:
    """Look at a unit on an instance."""
    return f"`aws ssm start-session --target {instance_id}`, then `journalctl -u {unit}`, say why"


def patch(kind: str, name: str, change: Mapping[str, Any], namespace: str = "") -> str:
    """Set fields of a Kubernetes object back.

    Not `pulumi up`: it applies on the server's side, and whoever changed a field owns it, so that it ends with a
    conflict (Kubernetes documentation, "Server-Side Apply", conflicts). Once the value is the wanted one there is none.
    """
    where = f" -n {namespace}" if namespace else ""
    return f"`kubectl{where} patch {kind} {name} --type merge -p {shlex.quote(json.dumps(change))}`"
