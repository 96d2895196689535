"""Where each Network Load Balancer listens and whom it forwards to, for whoever plays the balancers themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .world import World


def balancers(world: World) -> list[dict[str, Any]]:
    """Every active load balancer: arn, region, vpc, name (DNSName), internal, its listeners, port to a list of
    (instance id, port), and their checks, port to the path of an HTTPS health check ("" for a TCP one). One that is provisioning listens nowhere, nor does one without a listener."""
    return [
        {
            "arn": nlb.arn,
            "region": region,
            "vpc": nlb.vpc_id,
            "name": nlb.dns_name,
            "internal": nlb.scheme == "internal",
            "listeners": {str(listener.port): list(_targets(elb, listener)) for listener in nlb.listeners.values()},
            "checks": {str(listener.port): _check(elb, listener) for listener in nlb.listeners.values()},
        }
        for region in world.regions("elbv2")
        for elb in [world.backend("elbv2", region)]
        for nlb in elb.load_balancers.values()
        if nlb.state == "active"
    ]


def target_groups_of(actions: list[dict[str, Any]]) -> set[str]:
    """ARNs of the target groups that a listener's default actions name."""
    found = {action["TargetGroupArn"] for action in actions if action.get("TargetGroupArn")}
    for action in actions:
        found |= {target["TargetGroupArn"] for target in (action.get("ForwardConfig") or {}).get("TargetGroups") or []}
    return found


def _groups(elb: Any, listener: Any) -> list[Any]:
    named = sorted(target_groups_of([action.data for action in listener.default_actions]))
    return [elb.target_groups[arn] for arn in named if arn in elb.target_groups]


def _targets(elb: Any, listener: Any) -> Iterator[tuple[str, int]]:
    for group in _groups(elb, listener):
        for target in group.targets.values():
            yield str(target["Id"]), int(target["Port"])


def _check(elb: Any, listener: Any) -> str:
    for group in _groups(elb, listener):
        if group.health_check_protocol == "HTTPS":
            return str(group.health_check_path or "/")
    return ""
