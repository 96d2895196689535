"""What `pulumi preview` and `up` say about a valid stack that its owner should know all the same."""

from __future__ import annotations

import pulumi

from architectures.model import TYPHA_ADVISED_PAST
from canal_aws.route_budget import RouteBudget
from canal_aws.settings import Settings

_EVERYONE = "0.0.0.0/0"


def warn(settings: Settings, budget: RouteBudget, nodes: int) -> None:
    """Warns of routes near their quota, an API open to everyone, one reflector for all routes, and too many nodes without Typha.

    RouteLimitError where the routes cannot fit: before any resource.
    """
    routes = budget.require(settings.route_quota_override)
    if routes:
        pulumi.log.warn(routes)
    if _EVERYONE in map(str, settings.api_allowed_cidrs):
        pulumi.log.warn(f"apiAllowedCidrs holds {_EVERYONE}: anyone on the internet may speak to the Kubernetes API")
    mesh_limit = settings.description.mesh_limit
    if mesh_limit and nodes > mesh_limit and settings.control_plane_nodes == 1:
        pulumi.log.warn(
            f"{nodes} nodes, past the {mesh_limit} of a BGP full mesh: the one control-plane node reflects all routes, and "
            "while it is away packets between nodes go nowhere; set controlPlaneNodes = 3"
        )
    if nodes > TYPHA_ADVISED_PAST:
        pulumi.log.warn(
            f"{nodes} nodes: past {TYPHA_ADVISED_PAST}, Calico advises Typha between its agents and the API server, and Canal "
            "ships none, so every node watches the API server by itself; give the control plane larger instances, and "
            "watch its memory (docs.tigera.io, Install Calico on-premises)"
        )
