"""Load balancers of both generations, and target groups, in the stack's VPC."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from canal_aws.preflight.destroy.owners import owner_of
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import ClassicLoadBalancers, LoadBalancers, StackVpcs, TargetGroups, Thing
from canal_aws.preflight.live.asking import Asking

_TAGS_AT_ONCE = 20  # ELB API reference, DescribeTags: up to 20 resources in a request


def load_balancers(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> LoadBalancers:
    """Application, network and gateway load balancers."""
    found = _in(vpcs, asking.pages("elbv2", "describe_load_balancers", "LoadBalancers"), "VpcId")
    tagged = _tagged(asking, "elbv2", found, "LoadBalancerArn", "ResourceArns", "ResourceArn")
    own = [each for each in tagged if stack.owns(each, each["LoadBalancerArn"])]
    return LoadBalancers(
        tuple(
            Thing(
                f"{each.get('Type', '')} load balancer",
                each["LoadBalancerArn"],
                owner_of(each),
                each["LoadBalancerName"],
            )
            for each in tagged
            if each not in own
        ),
        # The description of its interfaces: "ELB net/NAME/ID".
        frozenset("ELB " + each["LoadBalancerArn"].partition(":loadbalancer/")[2] for each in own),
    )


def classic_load_balancers(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> ClassicLoadBalancers:
    """What a cloud controller makes for a Service without an annotation."""
    found = _in(vpcs, asking.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions"), "VPCId")
    tagged = _tagged(asking, "elb", found, "LoadBalancerName", "LoadBalancerNames", "LoadBalancerName")
    return ClassicLoadBalancers(
        tuple(
            Thing("classic load balancer", each["LoadBalancerName"], owner_of(each))
            for each in tagged
            if not stack.owns(each, each["LoadBalancerName"])
        )
    )


def target_groups(asking: Asking, stack: StackFacts, vpcs: StackVpcs) -> TargetGroups:
    """They block nothing, and outlive their VPC."""
    found = _in(vpcs, asking.pages("elbv2", "describe_target_groups", "TargetGroups"), "VpcId")
    tagged = _tagged(asking, "elbv2", found, "TargetGroupArn", "ResourceArns", "ResourceArn")
    return TargetGroups(
        tuple(
            Thing("target group", each["TargetGroupArn"], owner_of(each), each["TargetGroupName"])
            for each in tagged
            if not stack.owns(each, each["TargetGroupArn"])
        )
    )


def _in(vpcs: StackVpcs, found: Sequence[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    return [each for each in found if each.get(key) in vpcs.ids]


def _tagged(
    asking: Asking, service: str, found: list[dict[str, Any]], key: str, wanted: str, answered: str
) -> list[dict[str, Any]]:
    ids = [str(each[key]) for each in found]
    parts = [ids[first : first + _TAGS_AT_ONCE] for first in range(0, len(ids), _TAGS_AT_ONCE)]
    answers = asking.each(lambda part: asking.ask(service, "describe_tags", **{wanted: part}), parts)
    tags = {each[answered]: each["Tags"] for answer in answers for each in answer["TagDescriptions"]}
    return [{**each, "Tags": tags.get(each[key], [])} for each in found]
