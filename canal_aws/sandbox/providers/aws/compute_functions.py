"""The functions (data sources) that choose instance types and images."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.functions import filters, request_filters
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import FunctionType, Inputs, Property, State, region

OFFERINGS_SOURCE = "terraform-provider-aws internal/service/ec2/ec2_instance_type_offerings_data_source.go"
TYPE_SOURCE = "terraform-provider-aws internal/service/ec2/ec2_instance_type_data_source.go"
AMI_SOURCE = "terraform-provider-aws internal/service/ec2/ec2_ami_data_source.go"


def get_instance_type_offerings(operation: Operation, inputs: Inputs) -> State:
    """Three lists of one length: types, where they are offered, and what kind of place that is."""
    request: dict[str, Any] = {"Filters": request_filters(inputs)}
    if "locationType" in inputs:
        request["LocationType"] = inputs["locationType"]
    pages = operation.aws.ec2.get_paginator("describe_instance_type_offerings").paginate(**request)
    found = [offering for page in pages for offering in page["InstanceTypeOfferings"]]
    return {
        "id": operation.aws.region,
        "instanceTypes": [offering["InstanceType"] for offering in found],
        "locations": [offering["Location"] for offering in found],
        "locationTypes": [offering["LocationType"] for offering in found],
    }


def get_instance_type(operation: Operation, inputs: Inputs) -> State:
    wanted = inputs["instanceType"]
    found = operation.find(
        lambda: operation.aws.ec2.describe_instance_types(InstanceTypes=[wanted]),
        "InstanceTypes",
        ("InvalidInstanceType",),
    )
    if found is None:
        raise ProviderError(f"EC2 knows no instance type {wanted} in {operation.aws.region}")
    cpu, network = found.get("VCpuInfo", {}), found.get("NetworkInfo", {})
    return {
        "id": wanted,
        "bareMetal": found.get("BareMetal", False),
        "burstablePerformanceSupported": found.get("BurstablePerformanceSupported", False),
        "currentGeneration": found.get("CurrentGeneration"),
        "defaultCores": cpu.get("DefaultCores"),
        "defaultThreadsPerCore": cpu.get("DefaultThreadsPerCore"),
        "defaultVcpus": cpu.get("DefaultVCpus"),
        "freeTierEligible": found.get("FreeTierEligible", False),
        "hibernationSupported": found.get("HibernationSupported", False),
        "hypervisor": found.get("Hypervisor"),
        "ipv6Supported": network.get("Ipv6Supported"),
        "maximumIpv4AddressesPerInterface": network.get("Ipv4AddressesPerInterface"),
        "maximumNetworkInterfaces": network.get("MaximumNetworkInterfaces"),
        "memorySize": found.get("MemoryInfo", {}).get("SizeInMiB"),
        "networkPerformance": network.get("NetworkPerformance"),
        "supportedArchitectures": found.get("ProcessorInfo", {}).get("SupportedArchitectures", []),
        "supportedRootDeviceTypes": found.get("SupportedRootDeviceTypes", []),
        "supportedVirtualizationTypes": found.get("SupportedVirtualizationTypes", []),
    }


def get_ami(operation: Operation, inputs: Inputs) -> State:
    request: dict[str, Any] = {"Filters": request_filters(inputs)}
    if "owners" in inputs:
        request["Owners"] = inputs["owners"]
    if inputs.get("includeDeprecated"):
        request["IncludeDeprecated"] = True
    pages = operation.aws.ec2.get_paginator("describe_images").paginate(**request)
    found = [image for page in pages for image in page["Images"]]
    if "nameRegex" in inputs:
        pattern = re.compile(inputs["nameRegex"])
        found = [image for image in found if pattern.search(image.get("Name", ""))]
    if not found:
        raise ProviderError("the query returned no image: change owners, filters or nameRegex")
    if len(found) > 1 and not inputs.get("mostRecent"):
        raise ProviderError(f"the query returned {len(found)} images: narrow it, or set mostRecent")
    return _image(operation, max(found, key=lambda image: str(image.get("CreationDate", ""))))


def _image(operation: Operation, image: Mapping[str, Any]) -> State:
    aws = operation.aws
    return {
        "id": image["ImageId"],
        "imageId": image["ImageId"],
        "architecture": image.get("Architecture"),
        "arn": f"arn:{aws.partition}:ec2:{aws.region}::image/{image['ImageId']}",
        "creationDate": image.get("CreationDate"),
        "deprecationTime": image.get("DeprecationTime", ""),
        "description": image.get("Description", ""),
        "enaSupport": image.get("EnaSupport", False),
        "hypervisor": image.get("Hypervisor", ""),
        "imageLocation": image.get("ImageLocation", ""),
        "imageType": image.get("ImageType", ""),
        "name": image.get("Name"),
        "ownerId": image.get("OwnerId"),
        "public": image.get("Public", False),
        "rootDeviceName": image.get("RootDeviceName"),
        "rootDeviceType": image.get("RootDeviceType"),
        "state": image.get("State"),
        "tags": tags.mapping(image.get("Tags")),
        "virtualizationType": image.get("VirtualizationType"),
    }


FUNCTIONS = (
    FunctionType(
        token="aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings",
        arguments={
            "filters": filters(OFFERINGS_SOURCE),
            "locationType": Property(
                "optional", values=("region", "availability-zone", "availability-zone-id"), source=OFFERINGS_SOURCE
            ),
            **region(),
        },
        results=("id", "instanceTypes", "locations", "locationTypes"),
        call=get_instance_type_offerings,
        source=OFFERINGS_SOURCE,
    ),
    FunctionType(
        token="aws:ec2/getInstanceType:getInstanceType",
        arguments={"instanceType": Property("required", source=TYPE_SOURCE), **region()},
        results=(
            "id",
            "bareMetal",
            "burstablePerformanceSupported",
            "currentGeneration",
            "defaultCores",
            "defaultThreadsPerCore",
            "defaultVcpus",
            "freeTierEligible",
            "hibernationSupported",
            "hypervisor",
            "ipv6Supported",
            "maximumIpv4AddressesPerInterface",
            "maximumNetworkInterfaces",
            "memorySize",
            "networkPerformance",
            "supportedArchitectures",
            "supportedRootDeviceTypes",
            "supportedVirtualizationTypes",
        ),
        call=get_instance_type,
        source=TYPE_SOURCE,
    ),
    FunctionType(
        token="aws:ec2/getAmi:getAmi",
        arguments={
            "owners": Property("optional", "strings", source=AMI_SOURCE),
            "filters": filters(AMI_SOURCE),
            "mostRecent": Property("optional", "bool", source=AMI_SOURCE),
            "nameRegex": Property("optional", source=AMI_SOURCE),
            "includeDeprecated": Property("optional", "bool", source=AMI_SOURCE),
            **region(),
        },
        results=(
            "id",
            "imageId",
            "architecture",
            "arn",
            "creationDate",
            "deprecationTime",
            "description",
            "enaSupport",
            "hypervisor",
            "imageLocation",
            "imageType",
            "name",
            "ownerId",
            "public",
            "rootDeviceName",
            "rootDeviceType",
            "state",
            "tags",
            "virtualizationType",
        ),
        call=get_ami,
        source=AMI_SOURCE,
    ),
)
