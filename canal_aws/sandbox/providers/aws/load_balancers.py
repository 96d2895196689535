"""LoadBalancer (network load balancers): its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.network import MINUTE
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

BALANCER_SOURCE = "terraform-provider-aws internal/service/elbv2/load_balancer.go"

CROSS_ZONE = "load_balancing.cross_zone.enabled"

BALANCER_GONE = ("LoadBalancerNotFound",)


def create_balancer(operation: Operation, inputs: Inputs) -> State:
    elb = operation.aws.elb
    request: dict[str, Any] = {
        "Name": inputs["name"],
        "Type": inputs["loadBalancerType"],
        "Scheme": "internal" if inputs.get("internal") else "internet-facing",
        "Subnets": inputs["subnets"],
    }
    if inputs.get("securityGroups"):
        request["SecurityGroups"] = inputs["securityGroups"]
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = elb.create_load_balancer(**request)["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    own = {"tags": dict(inputs.get("tags") or {}), "enableCrossZoneLoadBalancing": False}
    operation.created(arn, _balancer(made) | own)
    if made["State"]["Code"] != "active":
        made = operation.wait("becoming active", lambda: _active(operation, arn), 10 * MINUTE)
    operation.created(arn, _balancer(made) | own)
    if inputs.get("enableCrossZoneLoadBalancing"):
        _set_cross_zone(operation, arn, True)
        own["enableCrossZoneLoadBalancing"] = True
    return _balancer(made) | own


def _set_cross_zone(operation: Operation, arn: str, enabled: bool) -> None:
    operation.aws.elb.modify_load_balancer_attributes(
        LoadBalancerArn=arn, Attributes=[{"Key": CROSS_ZONE, "Value": str(enabled).lower()}]
    )


def _find_balancer(operation: Operation, arn: str) -> dict[str, Any] | None:
    elb = operation.aws.elb
    return operation.find(lambda: elb.describe_load_balancers(LoadBalancerArns=[arn]), "LoadBalancers", BALANCER_GONE)


def _active(operation: Operation, arn: str) -> dict[str, Any] | None:
    found = _find_balancer(operation, arn)
    code = found["State"]["Code"] if found else "gone"
    if code in ("failed", "gone"):
        raise ProviderError(
            f"the load balancer is {code}: {(found or {}).get('State', {}).get('Reason', 'no reason given')}"
        )
    return found if code == "active" else None


def _balancer(found: Mapping[str, Any]) -> State:
    zones = found.get("AvailabilityZones") or []
    return {
        "arn": found["LoadBalancerArn"],
        "arnSuffix": found["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "dnsName": found["DNSName"],
        "internal": found["Scheme"] == "internal",
        "ipAddressType": found.get("IpAddressType"),
        "loadBalancerType": found["Type"],
        "name": found["LoadBalancerName"],
        "securityGroups": sorted(found.get("SecurityGroups") or []),
        "subnets": sorted(zone["SubnetId"] for zone in zones),
        "vpcId": found.get("VpcId"),
        "zoneId": found.get("CanonicalHostedZoneId"),
    }


def elb_tags(operation: Operation, arn: str) -> dict[str, str]:
    """The tags of a load balancer, target group or listener, which no describe call shows."""
    found = operation.aws.elb.describe_tags(ResourceArns=[arn])["TagDescriptions"]
    return tags.mapping(found[0]["Tags"] if found else [])


def read_balancer(operation: Operation, resource_id: str, prior: State) -> State | None:
    found = _find_balancer(operation, resource_id)
    if found is None:
        return None
    answer = operation.aws.elb.describe_load_balancer_attributes(LoadBalancerArn=resource_id)
    attributes = {item["Key"]: item["Value"] for item in answer["Attributes"]}
    return _balancer(found) | {
        "enableCrossZoneLoadBalancing": attributes.get(CROSS_ZONE) == "true",
        "tags": elb_tags(operation, resource_id),
    }


def update_balancer(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    elb, state = operation.aws.elb, dict(old)
    if "enableCrossZoneLoadBalancing" in changed:
        wanted = bool(new.get("enableCrossZoneLoadBalancing"))
        _set_cross_zone(operation, resource_id, wanted)
        state["enableCrossZoneLoadBalancing"] = wanted
    if "subnets" in changed:
        elb.set_subnets(LoadBalancerArn=resource_id, Subnets=new["subnets"])
        state["subnets"] = sorted(new["subnets"])
    if "securityGroups" in changed:
        elb.set_security_groups(LoadBalancerArn=resource_id, SecurityGroups=new["securityGroups"])
        state["securityGroups"] = sorted(new["securityGroups"])
    if "tags" in changed:
        tags.update_elb(operation, resource_id, old.get("tags"), new.get("tags"))
    return state | {"tags": dict(new.get("tags") or {})}


def balancer_replaces(state: State, inputs: Inputs) -> set[str]:
    """A network load balancer loses no subnet, and has security groups from its creation or never."""
    replaced = set()
    wanted, had = inputs.get("subnets"), state.get("subnets") or []
    if not isinstance(wanted, list) or not set(had) <= {item for item in wanted if isinstance(item, str)}:
        replaced.add("subnets")
    if bool(state.get("securityGroups")) != bool(inputs.get("securityGroups")):
        replaced.add("securityGroups")
    return replaced


def delete_balancer(operation: Operation, resource_id: str, state: State) -> None:
    elb = operation.aws.elb
    if operation.ignore(lambda: elb.delete_load_balancer(LoadBalancerArn=resource_id), BALANCER_GONE):
        operation.wait("being deleted", lambda: True if _find_balancer(operation, resource_id) is None else None, 600)


TYPES = (
    ResourceType(
        token="aws:lb/loadBalancer:LoadBalancer",
        label="ELBv2 Load Balancer",
        source=BALANCER_SOURCE,
        autoname=Autoname(32),
        also_replaces=balancer_replaces,
        properties={
            "name": Property("optional-computed", source=BALANCER_SOURCE),
            "internal": Property("optional-computed", "bool", source=BALANCER_SOURCE),
            "loadBalancerType": Property(
                "required", values=("network",), source=f"{BALANCER_SOURCE}; optional there, application by default"
            ),
            "subnets": Property(
                "required",
                "string-set",
                "update",
                source=f"{BALANCER_SOURCE}; optional there, for subnet mappings. Added ones update, removed ones replace",
            ),
            "securityGroups": Property(
                "optional-computed",
                "string-set",
                "update",
                source=f"{BALANCER_SOURCE}; the first and the last one replace",
            ),
            "enableCrossZoneLoadBalancing": Property("optional", "bool", "update", source=BALANCER_SOURCE),
            "arn": Property("computed", source=BALANCER_SOURCE),
            "arnSuffix": Property("computed", source=BALANCER_SOURCE),
            "dnsName": Property("computed", source=BALANCER_SOURCE),
            "ipAddressType": Property("computed", source=f"{BALANCER_SOURCE}; an input there, not modelled here"),
            "vpcId": Property("computed", source=BALANCER_SOURCE),
            "zoneId": Property("computed", source=BALANCER_SOURCE),
            **tag_properties(BALANCER_SOURCE),
            **region(),
        },
        create=create_balancer,
        read=read_balancer,
        update=update_balancer,
        delete=delete_balancer,
    ),
)
