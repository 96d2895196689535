"""All resource types and functions that the stand-in models, by their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from canal_aws.sandbox.providers.aws.schema import FunctionType, ResourceType


@cache
def resource_types() -> Mapping[str, ResourceType]:
    """Every resource type, such as `aws:ec2/vpc:Vpc`."""
    from canal_aws.sandbox.providers.aws import iam, instances, network

    found = (*network.TYPES, *iam.TYPES, *instances.TYPES)
    return {kind.token: kind for kind in found}


@cache
def functions() -> Mapping[str, FunctionType]:
    """Every function, such as `aws:ec2/getAmi:getAmi`."""
    return {}
