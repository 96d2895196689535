"""The API's load balancers: whether the control plane stands behind them, healthy."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.doctor import repairs
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.services import Targets
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check


@check("targets-healthy", group="endpoint", source="ELB API Reference, TargetHealth; infra/endpoint.py")
def targets_healthy(wanted: Wanted, machines: Machines, targets: Targets) -> Iterator[Finding]:
    """Each control-plane instance is a healthy target of each load balancer of the API, and nothing else is one."""
    found = machines.by_name
    wants = {found[node.name].id: node.name for node in wanted.plan.of_role("control-plane") if node.name in found}
    for group, there in targets.by_group.items():
        healthy = 0
        for instance_id, name in wants.items():
            health = there.get(instance_id)
            if health is None:
                yield fails(f"target group {group}: {name} ({instance_id}) is no target", repairs.UP)
            elif health.state == "initial":
                yield warning(
                    f"target group {group}: {name} ({instance_id}) is being checked", "look again in a minute"
                )
            elif health.state != "healthy":
                said = f"{health.state}, {health.reason}" if health.reason else health.state
                yield fails(
                    f"target group {group}: {name} ({instance_id}) is {said}, wanted healthy",
                    repairs.session(instance_id, "kubelet") + "; " + repairs.roll(wanted, name),
                )
            else:
                healthy += 1
        for instance_id in sorted(there.keys() - wants.keys()):
            if there[instance_id].state != "draining":
                yield fails(f"target group {group}: {instance_id} is a target and no control-plane node", repairs.UP)
        yield ok(f"target group {group}: {healthy} of {len(wants)} control-plane nodes healthy")
