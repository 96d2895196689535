"""TargetGroup and TargetGroupAttachment: the tables and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.load_balancers import elb_tags
from canal_aws.sandbox.providers.aws.network import MINUTE
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

GROUP_SOURCE = "terraform-provider-aws internal/service/elbv2/target_group.go"
ATTACHMENT_SOURCE = "terraform-provider-aws internal/service/elbv2/target_group_attachment.go"

PRESERVE_CLIENT_IP = "preserve_client_ip.enabled"
DEREGISTRATION_DELAY = "deregistration_delay.timeout_seconds"

GROUP_GONE = ("TargetGroupNotFound",)

HEALTH_CHECK = {
    "protocol": "HealthCheckProtocol",
    "port": "HealthCheckPort",
    "path": "HealthCheckPath",
    "interval": "HealthCheckIntervalSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
}
"""The modelled properties of a health check and their names in AWS's requests and answers."""


def _health_request(check: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check[key] for key, name in HEALTH_CHECK.items() if key in check}


def _health_state(found: Mapping[str, Any]) -> State:
    numbers = ("interval", "healthyThreshold", "unhealthyThreshold")
    return {
        key: int(found[name]) if key in numbers else str(found[name])
        for key, name in HEALTH_CHECK.items()
        if found.get(name) is not None
    }


def create_group(operation: Operation, inputs: Inputs) -> State:
    request: dict[str, Any] = {
        "Name": inputs["name"],
        "Port": inputs["port"],
        "Protocol": inputs["protocol"],
        "TargetType": inputs["targetType"],
        "VpcId": inputs["vpcId"],
        **_health_request(inputs.get("healthCheck", {})),
    }
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = operation.aws.elb.create_target_group(**request)["TargetGroups"][0]
    arn = made["TargetGroupArn"]
    # AWS's defaults of a new group of instances behind a network load balancer.
    state = _group(made) | {
        "tags": dict(inputs.get("tags") or {}),
        "deregistrationDelay": 300,
        "preserveClientIp": "true",
    }
    operation.created(arn, state)
    wanted = {key: inputs[key] for key in ("deregistrationDelay", "preserveClientIp") if key in inputs}
    _set_attributes(operation, arn, {key: value for key, value in wanted.items() if value != state[key]})
    return state | wanted


ATTRIBUTES = {"deregistrationDelay": DEREGISTRATION_DELAY, "preserveClientIp": PRESERVE_CLIENT_IP}


def _set_attributes(operation: Operation, arn: str, wanted: Mapping[str, Any]) -> None:
    if wanted:
        operation.aws.elb.modify_target_group_attributes(
            TargetGroupArn=arn,
            Attributes=[{"Key": ATTRIBUTES[key], "Value": str(value)} for key, value in wanted.items()],
        )


def _group(found: Mapping[str, Any]) -> State:
    return {
        "arn": found["TargetGroupArn"],
        "arnSuffix": f"targetgroup/{found['TargetGroupArn'].partition(':targetgroup/')[2]}",
        "healthCheck": _health_state(found),
        "ipAddressType": found.get("IpAddressType"),
        "loadBalancerArns": sorted(found.get("LoadBalancerArns") or []),
        "name": found["TargetGroupName"],
        "port": int(found["Port"]),
        "protocol": found["Protocol"],
        "targetType": found["TargetType"],
        "vpcId": found["VpcId"],
    }


def read_group(operation: Operation, resource_id: str, prior: State) -> State | None:
    elb = operation.aws.elb
    found = operation.find(
        lambda: elb.describe_target_groups(TargetGroupArns=[resource_id]), "TargetGroups", GROUP_GONE
    )
    if found is None:
        return None
    answer = elb.describe_target_group_attributes(TargetGroupArn=resource_id)
    attributes = {item["Key"]: item["Value"] for item in answer["Attributes"]}
    return _group(found) | {
        "deregistrationDelay": int(attributes.get(DEREGISTRATION_DELAY, 300)),
        "preserveClientIp": attributes.get(PRESERVE_CLIENT_IP, "true"),
        "tags": elb_tags(operation, resource_id),
    }


def update_group(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    state = dict(old)
    if "healthCheck" in changed:
        check = new.get("healthCheck", {})
        operation.aws.elb.modify_target_group(TargetGroupArn=resource_id, **_health_request(check))
        state["healthCheck"] = old.get("healthCheck", {}) | check
    attributes = {key: new[key] for key in ATTRIBUTES.keys() & changed if key in new}
    _set_attributes(operation, resource_id, attributes)
    if "tags" in changed:
        tags.update_elb(operation, resource_id, old.get("tags"), new.get("tags"))
    return state | attributes | {"tags": dict(new.get("tags") or {})}


def delete_group(operation: Operation, resource_id: str, state: State) -> None:
    def call() -> None:
        operation.ignore(lambda: operation.aws.elb.delete_target_group(TargetGroupArn=resource_id), GROUP_GONE)

    operation.retry(call, ("ResourceInUse",), 2 * MINUTE)


def _target(inputs: Mapping[str, Any]) -> dict[str, Any]:
    target = {"Id": inputs["targetId"]}
    if inputs.get("port") is not None:
        target["Port"] = inputs["port"]
    return target


def create_attachment(operation: Operation, inputs: Inputs) -> State:
    operation.aws.elb.register_targets(TargetGroupArn=inputs["targetGroupArn"], Targets=[_target(inputs)])
    parts = [inputs["targetGroupArn"], inputs["targetId"], *([str(inputs["port"])] if "port" in inputs else [])]
    operation.created(",".join(parts), dict(inputs))
    return dict(inputs)


def read_attachment(operation: Operation, resource_id: str, prior: State) -> State | None:
    """By the id `<target group ARN>,<target>[,<port>]`, which imports use too."""
    arn, _, rest = resource_id.partition(",")
    target, _, port = rest.partition(",")
    if not arn.startswith("arn:") or not target:
        raise ProviderError(f"the id {resource_id!r} is not of the form <target group ARN>,<target id>,<port>")
    wanted: State = {"targetGroupArn": arn, "targetId": target}
    if port:
        wanted["port"] = int(port)
    elb = operation.aws.elb
    found = operation.find(
        lambda: elb.describe_target_health(TargetGroupArn=arn, Targets=[_target(wanted)]),
        "TargetHealthDescriptions",
        ("InvalidTarget", *GROUP_GONE),
    )
    reason = (found or {}).get("TargetHealth", {}).get("Reason")
    if found is None or reason in ("Target.NotRegistered", "Target.DeregistrationInProgress"):
        return None
    return wanted


def delete_attachment(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(
        lambda: operation.aws.elb.deregister_targets(TargetGroupArn=state["targetGroupArn"], Targets=[_target(state)]),
        ("InvalidTarget", *GROUP_GONE),
    )


TYPES = (
    ResourceType(
        token="aws:lb/targetGroup:TargetGroup",
        label="ELBv2 Target Group",
        source=GROUP_SOURCE,
        autoname=Autoname(32),
        properties={
            "name": Property("optional-computed", source=GROUP_SOURCE),
            "port": Property("required", "int", source=f"{GROUP_SOURCE}; optional there, for Lambda targets"),
            "protocol": Property(
                "required", values=("TCP",), source=f"{GROUP_SOURCE}; optional there; other protocols are not modelled"
            ),
            "targetType": Property("optional", default="instance", values=("instance",), source=GROUP_SOURCE),
            "vpcId": Property("required", source=f"{GROUP_SOURCE}; optional there, for Lambda targets"),
            "preserveClientIp": Property(
                "optional-computed", on_change="update", values=("true", "false"), source=GROUP_SOURCE
            ),
            "deregistrationDelay": Property("optional", "int", "update", default=300, source=GROUP_SOURCE),
            "healthCheck": Property(
                "optional-computed",
                "object",
                "update",
                fields={
                    "protocol": Property("optional-computed", values=("TCP", "HTTPS"), source=GROUP_SOURCE),
                    "port": Property("optional-computed", source=GROUP_SOURCE),
                    "path": Property("optional-computed", source=GROUP_SOURCE),
                    "interval": Property("optional-computed", "int", source=GROUP_SOURCE),
                    "healthyThreshold": Property("optional-computed", "int", source=GROUP_SOURCE),
                    "unhealthyThreshold": Property("optional-computed", "int", source=GROUP_SOURCE),
                },
                source=GROUP_SOURCE,
            ),
            "arn": Property("computed", source=GROUP_SOURCE),
            "arnSuffix": Property("computed", source=GROUP_SOURCE),
            "ipAddressType": Property("computed", source=f"{GROUP_SOURCE}; an input there, not modelled here"),
            "loadBalancerArns": Property("computed", "strings", source=GROUP_SOURCE),
            **tag_properties(GROUP_SOURCE),
            **region(),
        },
        create=create_group,
        read=read_group,
        update=update_group,
        delete=delete_group,
    ),
    ResourceType(
        token="aws:lb/targetGroupAttachment:TargetGroupAttachment",
        label="ELBv2 Target Group Attachment",
        source=ATTACHMENT_SOURCE,
        called=lambda inputs: f"{inputs['targetGroupArn']},{inputs['targetId']}",
        properties={
            "targetGroupArn": Property("required", source=ATTACHMENT_SOURCE),
            "targetId": Property("required", source=ATTACHMENT_SOURCE),
            "port": Property("optional", "int", source=ATTACHMENT_SOURCE),
            **region(),
        },
        create=create_attachment,
        read=read_attachment,
        delete=delete_attachment,
    ),
)
