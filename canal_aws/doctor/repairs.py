"""What repairs a drift, in the words of every check."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from canal_aws.day_two import plan
from canal_aws.doctor.wanted import Wanted

#: Refreshing first shows Pulumi what changed behind its back: a plain `up` compares with its state alone.
UP = "`pulumi up --refresh` puts it back"
#: Nobody is told to recreate what a killed `up` left half-made.
RECOVER = "`canal-aws recover`"
REMOVED = "`pulumi up` removes it, as the configuration has it no longer"


def roll(wanted: Wanted, node: str) -> str:
    """Replace one node, drained first, whether its launch template has become another or not; or why a roll would not."""
    return kept_back(wanted, node) or f"`{plan.replacing(node)}` replaces it, drained first"


def kept_back(wanted: Wanted, node: str) -> str:
    """Why a roll leaves this node as it is, in the roll's own words; "" where it replaces it."""
    role = next((each.role for each in wanted.plan.nodes if each.name == node), "")
    return plan.kept_back(node, role, wanted.control_plane_nodes)


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
