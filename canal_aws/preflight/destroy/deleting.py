"""Takes away what a destroy preflight listed as deletable, in the order of its dependencies, each looked at again right before.

What fails is named, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from canal_aws.errors import CanalError
from canal_aws.preflight.destroy import balancing, network, storage
from canal_aws.preflight.destroy.run import look, things_of
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import (
    ClassicLoadBalancers,
    DefaultGroupRules,
    EgressOnlyGateways,
    Foreign,
    Interfaces,
    LoadBalancers,
    NetworkAcls,
    SecurityGroups,
    StackVpcs,
    TargetGroups,
    Thing,
    Volumes,
)
from canal_aws.preflight.live.asking import Asking, NotAnswered
from canal_aws.preflight.live.gathering import Facts
from canal_aws.progress import Progress

Source = Callable[..., Any]
#: An NLB's interfaces go some minutes after it (ELB User Guide, Delete a Network Load Balancer).
INTERFACES_SECONDS = 600.0
#: EC2 refuses a group for a moment after its last interface is gone.
_GROUP_SECONDS = 60.0
_PAUSE_SECONDS = 5.0


@dataclass(frozen=True)
class Step:
    """One kind: the fact that lists it, the sources that find it again, and the call that deletes one."""

    fact: type[Foreign]
    sources: tuple[Source, ...]
    delete: Callable[[Asking, Thing], object]


def _group(asking: Asking, thing: Thing) -> None:
    _steadily(lambda: asking.ask("ec2", "delete_security_group", GroupId=thing.id))


def _rule(asking: Asking, thing: Thing) -> None:
    found = asking.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", SecurityGroupRuleIds=[thing.id])
    for rule in found:
        _revoke_one(asking, rule)


STEPS = (
    Step(
        LoadBalancers,
        (network.stack_vpcs, balancing.load_balancers),
        lambda asking, thing: asking.ask("elbv2", "delete_load_balancer", LoadBalancerArn=thing.id),
    ),
    Step(
        ClassicLoadBalancers,
        (network.stack_vpcs, balancing.classic_load_balancers),
        lambda asking, thing: asking.ask("elb", "delete_load_balancer", LoadBalancerName=thing.id),
    ),
    Step(
        TargetGroups,
        (network.stack_vpcs, balancing.target_groups),
        lambda asking, thing: asking.ask("elbv2", "delete_target_group", TargetGroupArn=thing.id),
    ),
    Step(
        Interfaces,
        (network.stack_vpcs, balancing.load_balancers, network.interfaces),
        lambda asking, thing: asking.ask("ec2", "delete_network_interface", NetworkInterfaceId=thing.id),
    ),
    Step(DefaultGroupRules, (network.stack_vpcs, network.security_groups, network.default_group_rules), _rule),
    Step(SecurityGroups, (network.stack_vpcs, network.security_groups), _group),
    Step(
        NetworkAcls,
        (network.stack_vpcs, network.network_acls),
        lambda asking, thing: asking.ask("ec2", "delete_network_acl", NetworkAclId=thing.id),
    ),
    Step(
        EgressOnlyGateways,
        (network.stack_vpcs, network.egress_only_gateways),
        lambda asking, thing: asking.ask(
            "ec2", "delete_egress_only_internet_gateway", EgressOnlyInternetGatewayId=thing.id
        ),
    ),
    Step(Volumes, (storage.volumes,), lambda asking, thing: asking.ask("ec2", "delete_volume", VolumeId=thing.id)),
)


def delete(asking: Asking, stack: StackFacts, wanted: Facts, progress: Progress) -> tuple[str, ...]:
    """Deletes the deletable things of `wanted`; returns why each of those that are left is left."""
    failed: list[str] = []
    gone: list[Thing] = []
    for step in STEPS:
        found = wanted.known.get(step.fact)
        things = [each for each in found.things if each.deletable] if isinstance(found, Foreign) else []
        if step.fact is SecurityGroups and things:
            with progress.step("revoking the rules between the groups"):
                failed += _revoke(asking, stack, wanted, things)
        for thing in things:
            with progress.step(f"deleting {thing}"):
                left = _why_left(asking, stack, step, thing)
            if left:
                failed.append(left)
            else:
                gone.append(thing)
        # Until here it is load balancers alone that went.
        if step.fact is ClassicLoadBalancers and gone:
            with progress.step("waiting until the load balancers' network interfaces are gone"):
                failed += _interfaces_gone(asking, wanted, gone)
    return tuple(failed)


def _why_left(asking: Asking, stack: StackFacts, step: Step, thing: Thing) -> str:
    """Deletes one; "" where it is gone, and otherwise the reason."""
    try:
        if _still(asking, stack, step, thing):
            step.delete(asking, thing)
    except CanalError as error:
        return f"{thing}: {error}"
    return ""


def _still(asking: Asking, stack: StackFacts, step: Step, thing: Thing) -> bool:
    """Whether it is there yet, somebody else's still, and deletable. False where it is gone."""
    facts = look(asking, stack, step.sources)
    if step.fact in facts.missing:
        raise CanalError(f"it could not be looked at again, and was left alone: {facts.missing[step.fact]}")
    now = next((each for each in facts.known[step.fact].things if each.id == thing.id), None)
    # Of a volume the stack's tag says whose cluster's it is, and not that the program has taken it in.
    if now is None and step.fact is not Volumes and _own_now(asking, stack, thing):
        raise CanalError("it is the stack's own by now, and was left alone")
    if now is not None and not now.deletable:
        raise CanalError(f"{now.kept_because} by now, and it was left alone")
    return now is not None


def _own_now(asking: Asking, stack: StackFacts, thing: Thing) -> bool:
    asked = [{"Name": "resource-id", "Values": [thing.id]}]
    tags = asking.pages("ec2", "describe_tags", "Tags", Filters=asked)
    return any(stack.owns({"Tags": [each]}, thing.id) for each in tags)


def _interfaces_gone(asking: Asking, wanted: Facts, balancers: list[Thing]) -> Iterator[str]:
    """Waits for the interfaces of the load balancers that are gone, and of those alone: one that is left keeps its own."""
    # A classic one has its name for an id.
    gone = {"ELB " + (each.id.partition(":loadbalancer/")[2] or each.id) for each in balancers}
    vpcs = wanted.known[StackVpcs]
    asked = [{"Name": "vpc-id", "Values": list(vpcs.ids)}]

    def left() -> None:
        found = asking.pages("ec2", "describe_network_interfaces", "NetworkInterfaces", Filters=asked)
        held = [each["NetworkInterfaceId"] for each in found if each.get("Description") in gone]
        if held:
            raise NotAnswered("ec2:DescribeNetworkInterfaces", "DependencyViolation", f"still there: {', '.join(held)}")

    try:
        _steadily(left, INTERFACES_SECONDS)
    except CanalError as error:
        yield str(error)


def _revoke(asking: Asking, stack: StackFacts, wanted: Facts, groups: list[Thing]) -> Iterator[str]:
    """Takes the rules away that name a listed group, those of the stack's own groups too, which no state knows."""
    listed = {each.id for each in groups}
    step = next(each for each in STEPS if each.fact is SecurityGroups)
    try:
        facts = look(asking, stack, step.sources)
        foreign = {each.id for each in facts.known[SecurityGroups].things} if SecurityGroups in facts.known else set()
        listed &= foreign
        asked = [{"Name": "vpc-id", "Values": list(wanted.known[StackVpcs].ids)}]
        inside = [
            each["GroupId"] for each in asking.pages("ec2", "describe_security_groups", "SecurityGroups", Filters=asked)
        ]
        of_groups = [{"Name": "group-id", "Values": inside}]
        rules = asking.pages("ec2", "describe_security_group_rules", "SecurityGroupRules", Filters=of_groups)
    except CanalError as error:
        yield f"the rules of the security groups: {error}"
        return
    for rule in rules:
        peer = (rule.get("ReferencedGroupInfo") or {}).get("GroupId")
        if peer is None or not {rule["GroupId"], peer} & listed or rule["SecurityGroupRuleId"] in stack.ids:
            continue
        try:
            _revoke_one(asking, rule)
        except NotAnswered as error:
            yield f"rule {rule['SecurityGroupRuleId']} of {rule['GroupId']}: {error}"


def _revoke_one(asking: Asking, rule: dict[str, Any]) -> None:
    operation = f"revoke_security_group_{'egress' if rule['IsEgress'] else 'ingress'}"
    asking.ask("ec2", operation, GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


def _steadily(call: Callable[[], object], seconds: float = _GROUP_SECONDS) -> None:
    """Asks again while something still hangs on it, until the deadline; then the last refusal."""
    import tenacity

    tenacity.Retrying(
        retry=tenacity.retry_if_exception(lambda error: getattr(error, "code", "") == "DependencyViolation"),
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_exponential(multiplier=0.25, max=_PAUSE_SECONDS),
        reraise=True,
    )(call)


def deletable(facts: Facts) -> tuple[Thing, ...]:
    """What `delete` would take."""
    return tuple(thing for thing in things_of(facts) if thing.deletable)
