"""Network interfaces in use, and AWS's own."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from .clients import Aws


@pytest.mark.hardening
def test_a_nat_gateways_interface_says_whose_it_is_and_stays(aws: Aws, vpc: str, subnet: str) -> None:
    made = aws.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    (interface,) = aws.ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "NetworkInterfaces"
    ]
    assert interface["Description"] == f"Interface for NAT Gateway {made}"
    assert interface["InterfaceType"] == "nat_gateway"
    assert interface["RequesterManaged"]
    with pytest.raises(ClientError, match="InUse"):
        aws.ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])


@pytest.mark.hardening
def test_an_instances_interface_cannot_be_deleted(aws: Aws, image: str, subnet: str) -> None:
    instance = aws.run(subnet)
    interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    with pytest.raises(ClientError, match="InUse"):
        aws.ec2.delete_network_interface(NetworkInterfaceId=interface)
