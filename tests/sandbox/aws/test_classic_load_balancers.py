"""A classic load balancer holds what it stands on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .clients import Aws


@pytest.mark.hardening
@pytest.mark.parametrize("held", ["subnet", "group"])
def test_neither_its_subnet_nor_its_group_can_be_deleted(aws: Aws, vpc: str, subnet: str, held: str) -> None:
    group = aws.group(vpc)
    listener = {"Protocol": "TCP", "LoadBalancerPort": 80, "InstancePort": 30080}
    aws.client("elb").create_load_balancer(
        LoadBalancerName="a1", Listeners=[listener], Subnets=[subnet], SecurityGroups=[group], Scheme="internal"
    )
    deletes: dict[str, Callable[[], Any]] = {
        "subnet": lambda: aws.ec2.delete_subnet(SubnetId=subnet),
        "group": lambda: aws.ec2.delete_security_group(GroupId=group),
    }
    with pytest.raises(ClientError, match="DependencyViolation"):
        deletes[held]()
    aws.client("elb").delete_load_balancer(LoadBalancerName="a1")
    deletes[held]()
