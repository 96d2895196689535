"""InternetGateway, Eip and NatGateway: the tables and what is done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.network import MINUTE, update_tags_only, updated_tags
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

GATEWAY_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_internet_gateway.go"
EIP_SOURCE = "terraform-provider-aws internal/service/ec2/ec2_eip.go"
NAT_SOURCE = "terraform-provider-aws internal/service/ec2/vpc_nat_gateway.go"

GATEWAY_GONE = ("InvalidInternetGatewayID.NotFound",)
EIP_GONE = ("InvalidAllocationID.NotFound",)
NAT_GONE = ("NatGatewayNotFound",)


def create_internet_gateway(operation: Operation, inputs: Inputs) -> State:
    ec2 = operation.aws.ec2
    answer = ec2.create_internet_gateway(**tags.specification("internet-gateway", inputs.get("tags")))
    made = answer["InternetGateway"]
    state = _internet_gateway(operation, made)
    operation.created(made["InternetGatewayId"], state)
    if "vpcId" in inputs:
        ec2.attach_internet_gateway(InternetGatewayId=made["InternetGatewayId"], VpcId=inputs["vpcId"])
        state["vpcId"] = inputs["vpcId"]
    return state


def _internet_gateway(operation: Operation, found: Mapping[str, Any]) -> State:
    attached = found.get("Attachments") or []
    return {
        "arn": operation.aws.arn("ec2", f"internet-gateway/{found['InternetGatewayId']}"),
        "ownerId": found.get("OwnerId", operation.aws.account),
        "vpcId": attached[0]["VpcId"] if attached else None,
        "tags": tags.mapping(found.get("Tags")),
    }


def read_internet_gateway(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(
        lambda: ec2.describe_internet_gateways(InternetGatewayIds=[resource_id]), "InternetGateways", GATEWAY_GONE
    )
    return None if found is None else _internet_gateway(operation, found)


def update_internet_gateway(
    operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]
) -> State:
    state = dict(old)
    if "vpcId" in changed:
        _detach(operation, resource_id, old.get("vpcId"))
        operation.aws.ec2.attach_internet_gateway(InternetGatewayId=resource_id, VpcId=new["vpcId"])
        state["vpcId"] = new["vpcId"]
    return state | updated_tags(operation, resource_id, old, new, changed)


def _detach(operation: Operation, resource_id: str, vpc_id: str | None) -> None:
    if not vpc_id:
        return

    def call() -> None:
        operation.ignore(
            lambda: operation.aws.ec2.detach_internet_gateway(InternetGatewayId=resource_id, VpcId=vpc_id),
            ("Gateway.NotAttached", *GATEWAY_GONE),
        )

    operation.retry(call, ("DependencyViolation",), 20 * MINUTE)


def delete_internet_gateway(operation: Operation, resource_id: str, state: State) -> None:
    _detach(operation, resource_id, state.get("vpcId"))

    def call() -> None:
        operation.ignore(lambda: operation.aws.ec2.delete_internet_gateway(InternetGatewayId=resource_id), GATEWAY_GONE)

    operation.retry(call, ("DependencyViolation",), 20 * MINUTE)


def create_eip(operation: Operation, inputs: Inputs) -> State:
    made = operation.aws.ec2.allocate_address(
        Domain=inputs.get("domain", "vpc"), **tags.specification("elastic-ip", inputs.get("tags"))
    )
    state = _eip(operation, made) | {"tags": dict(inputs.get("tags") or {})}
    operation.created(made["AllocationId"], state)
    return state


def _eip(operation: Operation, found: Mapping[str, Any]) -> State:
    return {
        "allocationId": found["AllocationId"],
        "arn": operation.aws.arn("ec2", f"elastic-ip/{found['AllocationId']}"),
        "associationId": found.get("AssociationId", ""),
        "domain": found.get("Domain"),
        "instance": found.get("InstanceId", ""),
        "networkInterface": found.get("NetworkInterfaceId", ""),
        "privateIp": found.get("PrivateIpAddress", ""),
        "publicIp": found["PublicIp"],
        "tags": tags.mapping(found.get("Tags")),
    }


def read_eip(operation: Operation, resource_id: str, prior: State) -> State | None:
    ec2 = operation.aws.ec2
    found = operation.find(lambda: ec2.describe_addresses(AllocationIds=[resource_id]), "Addresses", EIP_GONE)
    return None if found is None else _eip(operation, found)


def delete_eip(operation: Operation, resource_id: str, state: State) -> None:
    def call() -> None:
        operation.ignore(lambda: operation.aws.ec2.release_address(AllocationId=resource_id), EIP_GONE)

    # A NAT gateway that was just deleted lets go of its address a moment later.
    operation.retry(call, ("AuthFailure", "InvalidIPAddress.InUse"), 3 * MINUTE)


def create_nat_gateway(operation: Operation, inputs: Inputs) -> State:
    request = {"SubnetId": inputs["subnetId"], "ConnectivityType": inputs["connectivityType"]}
    if "allocationId" in inputs:
        request["AllocationId"] = inputs["allocationId"]
    made = operation.aws.ec2.create_nat_gateway(**request, **tags.specification("natgateway", inputs.get("tags")))
    found = made["NatGateway"]
    operation.created(found["NatGatewayId"], _nat_gateway(found))
    if found["State"] != "available":
        found = operation.wait(
            "becoming available", lambda: _nat_state(operation, found["NatGatewayId"], "available"), 10 * MINUTE
        )
    return _nat_gateway(found)


def _nat_state(operation: Operation, resource_id: str, wanted: str) -> dict[str, Any] | None:
    found = _find_nat_gateway(operation, resource_id)
    state = found["State"] if found else "deleted"
    if state == wanted:
        return found or {}
    if state in ("failed", "deleted") and wanted == "available":
        raise ProviderError(f"the NAT gateway {state}: {(found or {}).get('FailureMessage', 'no reason given')}")
    return None


def _find_nat_gateway(operation: Operation, resource_id: str) -> dict[str, Any] | None:
    ec2 = operation.aws.ec2
    return operation.find(lambda: ec2.describe_nat_gateways(NatGatewayIds=[resource_id]), "NatGateways", NAT_GONE)


def _nat_gateway(found: Mapping[str, Any]) -> State:
    addresses = found.get("NatGatewayAddresses") or [{}]
    primary = next((address for address in addresses if address.get("IsPrimary")), addresses[0])
    return {
        "allocationId": primary.get("AllocationId"),
        "associationId": primary.get("AssociationId", ""),
        "connectivityType": found.get("ConnectivityType", "public"),
        "networkInterfaceId": primary.get("NetworkInterfaceId"),
        "privateIp": primary.get("PrivateIp"),
        "publicIp": primary.get("PublicIp", ""),
        "subnetId": found["SubnetId"],
        "tags": tags.mapping(found.get("Tags")),
        "vpcId": found.get("VpcId"),
    }


def read_nat_gateway(operation: Operation, resource_id: str, prior: State) -> State | None:
    found = _find_nat_gateway(operation, resource_id)
    return None if found is None or found["State"] == "deleted" else _nat_gateway(found)


def delete_nat_gateway(operation: Operation, resource_id: str, state: State) -> None:
    if operation.ignore(lambda: operation.aws.ec2.delete_nat_gateway(NatGatewayId=resource_id), NAT_GONE):
        operation.wait("being deleted", lambda: _nat_state(operation, resource_id, "deleted"), 30 * MINUTE)


def check_nat_gateway(inputs: Inputs) -> list[tuple[str, str]]:
    public = inputs["connectivityType"] == "public"
    if public and "allocationId" not in inputs:
        return [("allocationId", "is required for connectivityType public")]
    if not public and "allocationId" in inputs:
        return [("allocationId", "is not supported with connectivityType private")]
    return []


TYPES = (
    ResourceType(
        token="aws:ec2/internetGateway:InternetGateway",
        label="EC2 Internet Gateway",
        source=GATEWAY_SOURCE,
        properties={
            "vpcId": Property("optional-computed", on_change="update", source=GATEWAY_SOURCE),
            "arn": Property("computed", source=GATEWAY_SOURCE),
            "ownerId": Property("computed", source=GATEWAY_SOURCE),
            **tag_properties(GATEWAY_SOURCE),
            **region(),
        },
        create=create_internet_gateway,
        read=read_internet_gateway,
        update=update_internet_gateway,
        delete=delete_internet_gateway,
    ),
    ResourceType(
        token="aws:ec2/eip:Eip",
        label="EC2 EIP",
        source=EIP_SOURCE,
        properties={
            "domain": Property("optional-computed", values=("vpc",), source=EIP_SOURCE),
            "allocationId": Property("computed", source=EIP_SOURCE),
            "arn": Property("computed", source=EIP_SOURCE),
            "associationId": Property("computed", source=EIP_SOURCE),
            "instance": Property("computed", source=f"{EIP_SOURCE}; an input there, not modelled here"),
            "networkInterface": Property("computed", source=f"{EIP_SOURCE}; an input there, not modelled here"),
            "privateIp": Property("computed", source=EIP_SOURCE),
            "publicIp": Property("computed", source=EIP_SOURCE),
            **tag_properties(EIP_SOURCE),
            **region(),
        },
        create=create_eip,
        read=read_eip,
        update=update_tags_only,
        delete=delete_eip,
    ),
    ResourceType(
        token="aws:ec2/natGateway:NatGateway",
        label="EC2 NAT Gateway",
        source=NAT_SOURCE,
        check=check_nat_gateway,
        properties={
            "subnetId": Property("required", source=f"{NAT_SOURCE}; optional for regional gateways: not modelled here"),
            "allocationId": Property("optional", source=NAT_SOURCE),
            "connectivityType": Property("optional", default="public", values=("public", "private"), source=NAT_SOURCE),
            "associationId": Property("computed", source=NAT_SOURCE),
            "networkInterfaceId": Property("computed", source=NAT_SOURCE),
            "privateIp": Property("computed", source=f"{NAT_SOURCE}; an input there, not modelled here"),
            "publicIp": Property("computed", source=NAT_SOURCE),
            "vpcId": Property("computed", source=f"{NAT_SOURCE}; an input for regional gateways, not modelled here"),
            **tag_properties(NAT_SOURCE),
            **region(),
        },
        create=create_nat_gateway,
        read=read_nat_gateway,
        update=update_tags_only,
        delete=delete_nat_gateway,
    ),
)
