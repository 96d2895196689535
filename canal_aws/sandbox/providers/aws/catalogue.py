"""All resource types and functions that the stand-in models, by their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from canal_aws.sandbox.providers.aws import (
    compute_functions,
    gateways,
    iam,
    instances,
    launch_templates,
    load_balancers,
    network,
    parameters,
    routes,
    security_groups,
    target_groups,
)
from canal_aws.sandbox.providers.aws import functions as region_functions
from canal_aws.sandbox.providers.aws.schema import FunctionType, ResourceType

FAMILIES = (
    network,
    gateways,
    routes,
    security_groups,
    iam,
    load_balancers,
    target_groups,
    launch_templates,
    instances,
    parameters,
)


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type, such as `aws:ec2/vpc:Vpc`."""
    return {kind.token: kind for family in FAMILIES for kind in family.TYPES}


@cache
def functions() -> Mapping[str, FunctionType]:
    """Every function, such as `aws:ec2/getAmi:getAmi`."""
    return {function.token: function for function in (*region_functions.FUNCTIONS, *compute_functions.FUNCTIONS)}
