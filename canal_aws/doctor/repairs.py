"""What repairs a drift, in the words of every check."""

from __future__ import annotations

#: Refreshing first shows Pulumi what changed behind its back: a plain `up` compares with its state alone.
UP = "`pulumi up --refresh` puts it back"
#: Nobody is told to recreate what a killed `up` left half-made.
RECOVER = "`canal-aws recover`"


def roll(node: str) -> str:
    """Replace one node, drained first."""
    return f"`canal-aws roll --only {node}` replaces it, drained first"


def session(instance_id: str, unit: str) -> str:
    """Look at a unit on an instance."""
    return f"`aws ssm start-session --target {instance_id}`, then `journalctl -u {unit}`, say why"
