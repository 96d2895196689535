"""Peering connections as the embedded AWS shows them."""

from __future__ import annotations

from typing import Any

import pytest

from .clients import Aws, refused

pytestmark = pytest.mark.hardening


def _peering(aws: Aws, requester: str, accepter: str) -> str:
    made = aws.ec2.create_vpc_peering_connection(VpcId=requester, PeerVpcId=accepter)["VpcPeeringConnection"]
    return str(made["VpcPeeringConnectionId"])


def _found(aws: Aws, **filters: str) -> list[str]:
    asked = [{"Name": name, "Values": [value]} for name, value in filters.items()]
    return [each["VpcPeeringConnectionId"] for each in _described(aws, Filters=asked)]


def _described(aws: Aws, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.ec2.describe_vpc_peering_connections(**asked)["VpcPeeringConnections"]
    return found


def test_filters_by_state_and_by_side_are_kept(aws: Aws) -> None:
    first, second = aws.vpc(), aws.vpc("10.4.0.0/16")
    waiting, active = _peering(aws, first, second), _peering(aws, second, first)
    aws.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=active)
    assert _found(aws, **{"requester-vpc-info.vpc-id": first}) == [waiting]
    assert _found(aws, **{"accepter-vpc-info.vpc-id": first}) == [active]
    assert active in _found(aws, **{"status-code": "active"})
    assert waiting not in _found(aws, **{"status-code": "active"})


def test_ranges_are_told_of_active_ones_alone_and_all_of_them(aws: Aws) -> None:
    ours, theirs = aws.vpc(), aws.vpc("10.4.0.0/16")
    aws.ec2.associate_vpc_cidr_block(VpcId=theirs, CidrBlock="10.5.0.0/16")
    key = _peering(aws, ours, theirs)
    (pending,) = _described(aws, VpcPeeringConnectionIds=[key])
    assert (pending["AccepterVpcInfo"]["VpcId"], "CidrBlock" in pending["AccepterVpcInfo"]) == (theirs, False)
    aws.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=key)
    (active,) = _described(aws, VpcPeeringConnectionIds=[key])
    assert active["RequesterVpcInfo"]["CidrBlockSet"] == [{"CidrBlock": "10.0.0.0/16"}]
    assert active["AccepterVpcInfo"]["CidrBlock"] == "10.4.0.0/16"
    assert [each["CidrBlock"] for each in active["AccepterVpcInfo"]["CidrBlockSet"]] == ["10.4.0.0/16", "10.5.0.0/16"]


def test_an_id_that_does_not_exist_is_refused(aws: Aws) -> None:
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        _described(aws, VpcPeeringConnectionIds=["pcx-00000000000000000"])


def test_a_filter_that_does_not_exist_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue"):
        _found(aws, state="active")
