"""What `pulumi preview` and `up` say about a valid stack that its owner should know all the same."""

from __future__ import annotations

import pulumi

from canal_aws.route_budget import RouteBudget
from canal_aws.settings import Settings

_EVERYONE = "0.0.0.0/0"


def warn(settings: Settings, budget: RouteBudget, nodes: int) -> None:
    """Warns of routes near their quota, an API open to everyone, and a BGP mesh past its size.

    RouteLimitError where the routes cannot fit: before any resource.
    """
    routes = budget.require(settings.route_quota_override)
    if routes:
        pulumi.log.warn(routes)
    if _EVERYONE in map(str, settings.api_allowed_cidrs):
        pulumi.log.warn(f"apiAllowedCidrs holds {_EVERYONE}: anyone on the internet may speak to the Kubernetes API")
    mesh_limit = settings.description.mesh_limit
    if mesh_limit and nodes > mesh_limit:
        pulumi.log.warn(
            f"{nodes} nodes in a BGP full mesh: Calico advises route reflectors past {mesh_limit} "
            "(docs.tigera.io, Configure BGP peering)"
        )
