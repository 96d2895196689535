"""From the load balancers of the embedded AWS to those in front of a stack's machines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from canal_aws.sandbox.fleet.aws import Balancer
from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.machines import LoadBalancer


def load_balancers(
    balancers: Iterable[Balancer], vpc: str, instances: Mapping[str, Instance]
) -> tuple[tuple[LoadBalancer, ...], tuple[str, ...]]:
    """The load balancers of a VPC as the machines' network takes them, and notes on what it cannot do.

    Only instances that run are targets. `instances` is by id.
    """
    found, notes = [], []
    for balancer in balancers:
        if balancer.vpc != vpc:
            continue
        ports: dict[int, tuple[str, ...]] = {}
        for port, targets in balancer.listeners:
            if other := sorted({to for _, to in targets if to != port}):
                notes.append(f"{balancer.name}: listener {port} forwards to port {other[0]}, which is not modelled")
            running = [instances[key] for key, _ in targets if key in instances and instances[key].running]
            ports[port] = tuple(sorted(each.private_ip for each in running))
        host_address = "" if balancer.internal else balancer.name
        found.append(LoadBalancer(balancer.name, ports, host_address, dict(balancer.checks)))
    return tuple(found), tuple(notes)
