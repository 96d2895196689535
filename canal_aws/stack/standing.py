"""What running nodes were made with, as the resources around them show it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

_NODES_TABLE = re.compile(r"nodes(-[a-z])?")


def api_access(load_balancers: Collection[str]) -> str:
    """From the logical names of the load balancers, all of which are there before the first node is."""
    return "public" if "api-public" in load_balancers else "private"


def topology(node_subnets: Mapping[str, Mapping[str, Any]]) -> str | None:
    """From the outputs of the nodes' subnets by name; None where there are none."""
    if not node_subnets:
        return None
    return "public" if any(each.get("mapPublicIpOnLaunch") for each in node_subnets.values()) else "private"


def pod_route(table: str, node: str) -> str:
    """The logical name of a node's pod route in a table."""
    return f"pods-{table}-{node}"


def pod_routes(routes: Collection[str], route_tables: Collection[str]) -> dict[str, frozenset[str]]:
    """By table the nodes that have a pod route in it, from the logical names of both; a table without any is left out."""
    found: dict[str, set[str]] = {}
    for name in routes:
        # An `up` that was interrupted between two kinds of tables leaves `nodes` beside `nodes-a`: the longer is meant.
        tables = [table for table in route_tables if name.startswith(pod_route(table, ""))]
        if tables:
            table = max(tables, key=len)
            found.setdefault(table, set()).add(name.removeprefix(pod_route(table, "")))
    return {table: frozenset(nodes) for table, nodes in found.items()}


def nat_gateways(route_tables: Collection[str]) -> str | None:
    """From the logical names of a private stack's route tables; None where an `up` was interrupted between two kinds."""
    kinds = {"per-zone" if found[1] else "single" for name in route_tables if (found := _NODES_TABLE.fullmatch(name))}
    return kinds.pop() if len(kinds) == 1 else None
