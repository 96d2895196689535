"""Classic load balancers hold their subnets and security groups.

moto lets a subnet and a group go from under one.
Sources: EC2 API reference, "Error codes" (DependencyViolation); ELB User Guide for Classic Load Balancers.
"""

from __future__ import annotations

from ..errors import AwsError, dependency_violation
from ..pipeline import Call, Rules


def _check_subnet(call: Call) -> None:
    key = call.params["SubnetId"]
    if any(key in (each.subnets or []) for each in call.world.backend("elb", call.region).load_balancers.values()):
        raise dependency_violation(f"subnet '{key}'")


def _check_group(call: Call) -> None:
    key = call.params.get("GroupId")
    balancers = call.world.backend("elb", call.region).load_balancers.values()
    if any(key in (each.security_groups or []) for each in balancers):
        raise AwsError("DependencyViolation", f"resource {key} has a dependent object")


def install(rules: Rules) -> None:
    """Install the rules on what a classic load balancer holds."""
    rules.before("ec2", "DeleteSubnet", rule=_check_subnet)
    rules.before("ec2", "DeleteSecurityGroup", rule=_check_group)
