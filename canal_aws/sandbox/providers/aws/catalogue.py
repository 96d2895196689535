"""All resource types and functions that the stand-in models, by their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from canal_aws.sandbox.providers.aws import (
    bucket_settings,
    buckets,
    compute_functions,
    gateways,
    iam,
    instance_profiles,
    instances,
    launch_templates,
    listeners,
    load_balancers,
    network,
    parameters,
    routes,
    security_groups,
    target_groups,
)
from canal_aws.sandbox.providers.aws import functions as region_functions
from canal_aws.sandbox.providers.aws.errors import ProviderError
from canal_aws.sandbox.providers.aws.schema import FunctionType, ResourceType

FAMILIES = (
    network,
    gateways,
    routes,
    security_groups,
    iam,
    instance_profiles,
    load_balancers,
    target_groups,
    listeners,
    launch_templates,
    instances,
    parameters,
    buckets,
    bucket_settings,
)


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type, such as `aws:ec2/vpc:Vpc`."""
    return {kind.token: kind for family in FAMILIES for kind in family.TYPES}


@cache
def functions() -> Mapping[str, FunctionType]:
    """Every function, such as `aws:ec2/getAmi:getAmi`."""
    return {function.token: function for function in (*region_functions.FUNCTIONS, *compute_functions.FUNCTIONS)}


def resource_type(token: str) -> ResourceType:
    """The table of `token`, or a ProviderError for a type that the stand-in does not model."""
    # The type in a child's URN has its parents' in front, each with a $ behind it.
    token = token.rpartition("$")[2]
    kind = resource_types().get(token)
    if kind is None:
        raise ProviderError(
            f"resource type {token} is not modelled by the stand-in for pulumi-aws, which knows only "
            f"{', '.join(sorted(resource_types()))}; the official aws plugin has it"
        )
    return kind


def function_type(token: str) -> FunctionType:
    """The table of function `token`, or a ProviderError."""
    function = functions().get(token)
    if function is None:
        raise ProviderError(
            f"function {token} is not modelled by the stand-in for pulumi-aws, which knows only "
            f"{', '.join(sorted(functions()))}; the official aws plugin has it"
        )
    return function
