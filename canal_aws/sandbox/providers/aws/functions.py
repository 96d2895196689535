"""The functions (data sources) that describe the account and the Region."""

from __future__ import annotations

from functools import cache
from typing import Any

from canal_aws.sandbox.providers.aws.errors import ProviderError, code_of
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import FunctionType, Inputs, Property, State, region

DATA = "terraform-provider-aws internal/service"
ZONES_SOURCE = f"{DATA}/ec2/ec2_availability_zones_data_source.go"
REGION_SOURCE = f"{DATA}/meta/region_data_source.go"
IDENTITY_SOURCE = f"{DATA}/sts/caller_identity_data_source.go"
PARTITION_SOURCE = f"{DATA}/meta/partition_data_source.go"
PARAMETER_SOURCE = f"{DATA}/ssm/parameter_data_source.go"
QUOTA_SOURCE = f"{DATA}/servicequotas/service_quota_data_source.go"


def filters(source: str) -> Property:
    """The argument `filters` of functions that describe."""
    fields = {"name": Property("required", source=source), "values": Property("required", "strings", source=source)}
    return Property("optional", "objects", fields=fields, source=source)


def request_filters(inputs: Inputs) -> list[dict[str, Any]]:
    return [{"Name": item["name"], "Values": item["values"]} for item in inputs.get("filters", [])]


def get_availability_zones(operation: Operation, inputs: Inputs) -> State:
    wanted = request_filters(inputs)
    if "state" in inputs:
        wanted.append({"Name": "state", "Values": [inputs["state"]]})
    found = operation.aws.ec2.describe_availability_zones(
        Filters=wanted, AllAvailabilityZones=inputs.get("allAvailabilityZones", False)
    )["AvailabilityZones"]
    left_out = inputs.get("excludeNames", [])
    zones = sorted((zone for zone in found if zone["ZoneName"] not in left_out), key=lambda zone: str(zone["ZoneName"]))
    return {
        "id": operation.aws.region,
        "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", operation.aws.region) for zone in zones}),
    }


@cache
def region_descriptions() -> dict[str, str]:
    """Region codes and their places, from botocore's own table of the partition `aws`."""
    from botocore.loaders import create_loader

    partitions = create_loader().load_data("endpoints")["partitions"]
    regions = next(item["regions"] for item in partitions if item["partition"] == "aws")
    return {code: described["description"] for code, described in regions.items()}


def get_region(operation: Operation, inputs: Inputs) -> State:
    name = inputs.get("name") or operation.aws.region
    if name not in region_descriptions():
        raise ProviderError(f"no AWS Region is called {name}")
    return {
        "id": name,
        "name": name,
        "region": name,
        "description": region_descriptions()[name],
        "endpoint": f"ec2.{name}.amazonaws.com",
    }


def get_caller_identity(operation: Operation, inputs: Inputs) -> State:
    """Asked once, when the provider was configured."""
    caller = operation.aws.caller
    return {
        "id": caller["Account"],
        "accountId": caller["Account"],
        "arn": caller["Arn"],
        "userId": caller["UserId"],
    }


def get_partition(operation: Operation, inputs: Inputs) -> State:
    partition = operation.aws.partition
    return {"id": partition, "partition": partition, "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


def get_parameter(operation: Operation, inputs: Inputs) -> State:
    """A parameter's plain value. Secure strings are refused: nothing here decrypts one."""
    try:
        found = operation.aws.ssm.get_parameter(Name=inputs["name"], WithDecryption=False)["Parameter"]
    except Exception as error:
        if code_of(error) == "ParameterNotFound":
            raise ProviderError(f"SSM knows no parameter {inputs['name']} in {operation.aws.region}") from error
        raise
    if found["Type"] == "SecureString":
        raise ProviderError(
            f"SSM parameter {inputs['name']} is a SecureString, which the stand-in for pulumi-aws does not decrypt"
        )
    return {
        "id": found["Name"],
        "arn": found.get("ARN", ""),
        "insecureValue": found["Value"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
    }


def get_service_quota(operation: Operation, inputs: Inputs) -> State:
    """The applied value; where none is applied, AWS's default, as the official provider does."""
    quotas = operation.aws.client("service-quotas")
    asked = {"ServiceCode": inputs["serviceCode"], "QuotaCode": inputs["quotaCode"]}
    default = quotas.get_aws_default_service_quota(**asked)["Quota"]
    try:
        found = quotas.get_service_quota(**asked)["Quota"]
    except Exception as error:
        if code_of(error) != "NoSuchResourceException":
            raise
        found = default
    return {
        "id": found["QuotaArn"],
        "adjustable": found["Adjustable"],
        "arn": found["QuotaArn"],
        "defaultValue": default["Value"],
        "globalQuota": found["GlobalQuota"],
        "quotaCode": found["QuotaCode"],
        "quotaName": found["QuotaName"],
        "serviceCode": found["ServiceCode"],
        "serviceName": found["ServiceName"],
        "usageMetrics": [],
        "value": found["Value"],
    }


FUNCTIONS = (
    FunctionType(
        token="aws:index/getAvailabilityZones:getAvailabilityZones",
        arguments={
            "state": Property("optional", source=ZONES_SOURCE),
            "filters": filters(ZONES_SOURCE),
            "allAvailabilityZones": Property("optional", "bool", source=ZONES_SOURCE),
            "excludeNames": Property("optional", "strings", source=ZONES_SOURCE),
            **region(),
        },
        results=("id", "names", "zoneIds", "groupNames"),
        call=get_availability_zones,
        source=ZONES_SOURCE,
    ),
    FunctionType(
        token="aws:index/getRegion:getRegion",
        arguments={"name": Property("optional", source=REGION_SOURCE), **region()},
        results=("id", "name", "region", "description", "endpoint"),
        call=get_region,
        source=REGION_SOURCE,
    ),
    FunctionType(
        token="aws:index/getCallerIdentity:getCallerIdentity",
        arguments={},
        results=("id", "accountId", "arn", "userId"),
        call=get_caller_identity,
        source=IDENTITY_SOURCE,
    ),
    FunctionType(
        token="aws:index/getPartition:getPartition",
        arguments={},
        results=("id", "partition", "dnsSuffix", "reverseDnsPrefix"),
        call=get_partition,
        source=PARTITION_SOURCE,
    ),
    FunctionType(
        token="aws:ssm/getParameter:getParameter",
        arguments={
            "name": Property("required", source=PARAMETER_SOURCE),
            "withDecryption": Property("optional", "bool", source=PARAMETER_SOURCE),
            **region(),
        },
        results=("id", "arn", "insecureValue", "type", "value", "version"),
        call=get_parameter,
        source=PARAMETER_SOURCE,
    ),
    FunctionType(
        token="aws:servicequotas/getServiceQuota:getServiceQuota",
        arguments={
            "serviceCode": Property("required", source=QUOTA_SOURCE),
            "quotaCode": Property("required", source=f"{QUOTA_SOURCE}; the name instead is not modelled here"),
            **region(),
        },
        results=(
            "id",
            "adjustable",
            "arn",
            "defaultValue",
            "globalQuota",
            "quotaCode",
            "quotaName",
            "serviceCode",
            "serviceName",
            "usageMetrics",
            "value",
        ),
        call=get_service_quota,
        source=QUOTA_SOURCE,
    ),
)
