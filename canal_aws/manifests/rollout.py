"""How long a DaemonSet may take until all its pods are new."""

from __future__ import annotations

# Ten minutes is what pulumi-kubernetes waits by itself, however many nodes there are (provider/pkg/await/daemonset.go,
# _defaultDaemonSetTimeout).
_MINUTES = 10
# For one node at a time (maxUnavailable: 1, as upstream's): to pull new images, run the init containers, and be ready.
_MINUTES_PER_NODE = 1


def rollout_minutes(nodes: int) -> int:
    """Minutes to wait for a DaemonSet on that many nodes before an `up` gives it up."""
    return _MINUTES + _MINUTES_PER_NODE * nodes
