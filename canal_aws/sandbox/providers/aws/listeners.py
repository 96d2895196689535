"""Listener: its table and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.load_balancers import elb_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

LISTENER_SOURCE = "terraform-provider-aws internal/service/elbv2/listener.go"

LISTENER_GONE = ("ListenerNotFound", "LoadBalancerNotFound")


def create_listener(operation: Operation, inputs: Inputs) -> State:
    request: dict[str, Any] = {
        "LoadBalancerArn": inputs["loadBalancerArn"],
        "Port": inputs["port"],
        "Protocol": inputs["protocol"],
        "DefaultActions": _actions(inputs["defaultActions"]),
    }
    if inputs.get("tags"):
        request["Tags"] = tags.pairs(inputs["tags"])
    made = operation.aws.elb.create_listener(**request)["Listeners"][0]
    state = _listener(made) | {"tags": dict(inputs.get("tags") or {})}
    operation.created(made["ListenerArn"], state)
    return state


def _actions(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"Type": action["type"], "TargetGroupArn": action["targetGroupArn"]} for action in wanted]


def _listener(found: Mapping[str, Any]) -> State:
    return {
        "arn": found["ListenerArn"],
        "defaultActions": [
            {"type": action["Type"], "targetGroupArn": action.get("TargetGroupArn")}
            for action in found["DefaultActions"]
        ],
        "loadBalancerArn": found["LoadBalancerArn"],
        "port": int(found["Port"]),
        "protocol": found["Protocol"],
    }


def read_listener(operation: Operation, resource_id: str, prior: State) -> State | None:
    elb = operation.aws.elb
    found = operation.find(lambda: elb.describe_listeners(ListenerArns=[resource_id]), "Listeners", LISTENER_GONE)
    return None if found is None else _listener(found) | {"tags": elb_tags(operation, resource_id)}


def update_listener(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    if changed - {"tags"}:
        operation.aws.elb.modify_listener(
            ListenerArn=resource_id,
            Port=new["port"],
            Protocol=new["protocol"],
            DefaultActions=_actions(new["defaultActions"]),
        )
    if "tags" in changed:
        tags.update_elb(operation, resource_id, old.get("tags"), new.get("tags"))
    return dict(old) | dict(new) | {"tags": dict(new.get("tags") or {})}


def delete_listener(operation: Operation, resource_id: str, state: State) -> None:
    operation.ignore(lambda: operation.aws.elb.delete_listener(ListenerArn=resource_id), LISTENER_GONE)


TYPES = (
    ResourceType(
        token="aws:lb/listener:Listener",
        label="ELBv2 Listener",
        source=LISTENER_SOURCE,
        called=lambda inputs: str(inputs["loadBalancerArn"]),
        properties={
            "loadBalancerArn": Property("required", source=LISTENER_SOURCE),
            "port": Property("required", "int", "update", source=f"{LISTENER_SOURCE}; optional there, for gateways"),
            "protocol": Property(
                "required",
                on_change="update",
                values=("TCP",),
                source=f"{LISTENER_SOURCE}; optional there; other protocols are not modelled",
            ),
            "defaultActions": Property(
                "required",
                "objects",
                "update",
                fields={
                    "type": Property("required", values=("forward",), source=LISTENER_SOURCE),
                    "targetGroupArn": Property("required", source=LISTENER_SOURCE),
                },
                source=LISTENER_SOURCE,
            ),
            "arn": Property("computed", source=LISTENER_SOURCE),
            **tag_properties(LISTENER_SOURCE),
            **region(),
        },
        create=create_listener,
        read=read_listener,
        update=update_listener,
        delete=delete_listener,
    ),
)
