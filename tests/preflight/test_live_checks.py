"""What an account holds, as a live preflight of a living stack and of a new one counts it."""

from __future__ import annotations

from typing import Any

import pytest

from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.live.target import Target
from canal_aws.sandbox.aws.server import EmbeddedAws
from tests.preflight.live_account import PATIENT, REGION, STACK, live, tags

pytestmark = pytest.mark.component


def _stack(ec2: Any) -> tuple[str, str]:
    """The VPC and the nodes' route table of a stack, as far as the checks look at them."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags("vpc", "vpc"))["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table", "nodes"))["RouteTable"]
    return vpc, table["RouteTableId"]


def test_what_a_stack_has_is_planned_and_not_used_by_others(url: str, ec2: Any) -> None:
    vpc, table = _stack(ec2)
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.200.0/24")  # somebody else's
    as_new = live(url, patience=PATIENT)
    as_living = live(url, Target(REGION, STACK, frozenset({vpc, table})), patience=PATIENT)
    # moto's default VPC is another one.
    assert "2 used + 1 planned" in as_new.said("vpcs", Outcome.OK)
    assert "1 used + 1 planned" in as_living.said("vpcs", Outcome.OK)
    assert "overlaps vpc-" in as_new.said("other-vpcs", Outcome.WARNING)
    assert not as_living.said("other-vpcs", Outcome.WARNING)
    assert "0 used + 6 planned" in as_new.said("subnets-and-route-tables", Outcome.OK)
    assert "1 used + 6 planned" in as_living.said("subnets-and-route-tables", Outcome.OK)
    assert _used(as_new.said("security-groups", Outcome.OK)) == _used(as_living.said("security-groups", Outcome.OK)) + 1


def test_foreign_routes_are_counted_and_named(url: str, ec2: Any) -> None:
    vpc, table = _stack(ec2)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    for block in ("0.0.0.0/0", "172.31.0.0/16", "10.129.0.0/16"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock=block, GatewayId=gateway)
    run = live(url, Target(REGION, STACK, frozenset({vpc, table})), patience=PATIENT)
    said = run.said("routes-in-tables", Outcome.OK)
    assert f"route table nodes ({table}), 2 foreign routes: 172.31.0.0/16, 10.129.0.0/16" in said
    assert "4 used + 7 planned" in said
    assert "10.129.0.0/16" in run.said("shadowed-routes", Outcome.WARNING)
    assert "172.31.0.0/16" not in run.said("shadowed-routes", Outcome.WARNING)


def test_of_a_peering_only_the_other_side_is_a_peer(url: str, ec2: Any) -> None:
    vpc, table = _stack(ec2)
    target = Target(REGION, STACK, frozenset({vpc, table}))
    for block, requests in (("10.4.0.0/16", True), ("10.129.0.0/16", False)):
        other = ec2.create_vpc(CidrBlock=block)["Vpc"]["VpcId"]
        ours, theirs = (vpc, other) if requests else (other, vpc)
        made = ec2.create_vpc_peering_connection(VpcId=ours, PeerVpcId=theirs)["VpcPeeringConnection"]
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    said = live(url, target, patience=PATIENT).said("other-vpcs", Outcome.WARNING)
    assert "vpcCidr" not in said
    assert f"podCidr = 10.128.0.0/13 overlaps {other} (10.129.0.0/16), peer {made['VpcPeeringConnectionId']}" in said
    assert "vpcCidr = 10.0.0.0/16 overlaps" in live(url, patience=PATIENT).said("other-vpcs", Outcome.WARNING)


def test_routes_of_transit_gateways_that_meet_the_ranges_are_named(url: str, ec2: Any) -> None:
    gateway = ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    made = ec2.create_transit_gateway_route_table(TransitGatewayId=gateway)["TransitGatewayRouteTable"]
    table = made["TransitGatewayRouteTableId"]
    for block in ("10.130.0.0/16", "172.16.0.0/16"):
        ec2.create_transit_gateway_route(TransitGatewayRouteTableId=table, DestinationCidrBlock=block, Blackhole=True)
    said = live(url, patience=PATIENT).said("transit-gateways", Outcome.WARNING)
    assert f"podCidr = 10.128.0.0/13 overlaps 1 routes of transit gateways: 10.130.0.0/16 ({table}, blackhole)" in said
    assert "172.16.0.0/16" not in said


@pytest.mark.parametrize("system", ["ubuntu", "flatcar"])
def test_the_images_of_both_architectures_are_found(url: str, system: str) -> None:
    settings = {"operatingSystem": system, "workerInstanceType": "m7g.large"}
    said = live(url, patience=PATIENT, **settings).said("images", Outcome.OK)
    assert f"{system} for x86_64 is ami-" in said
    assert f"{system} for arm64 is ami-" in said


def test_an_image_that_is_not_there_does_not_fit(url: str, embedded_aws: EmbeddedAws) -> None:
    live(url, patience=PATIENT)
    embedded_aws.world.backend("ec2", REGION).amis.clear()
    assert "is not there for x86_64" in live(url, patience=PATIENT).said("images", Outcome.FAILS)
    no_flatcar = live(url, patience=PATIENT, operatingSystem="flatcar")
    assert "there is no image for x86_64" in no_flatcar.said("images", Outcome.FAILS)


def test_accelerated_workers_count_against_their_own_quota(url: str) -> None:
    run = live(url, patience=PATIENT, workerInstanceType="g4dn.xlarge")
    assert "0 used + 24 planned = 24 of 0 vCPUs of running on-demand G and VT instances" in run.said(
        "vcpus", Outcome.FAILS
    )


def _used(said: str) -> int:
    return int(said.partition(" used")[0].rpartition(" ")[2])


def test_settings_that_cannot_be_used_are_said_and_what_needs_none_is_still_checked(url: str) -> None:
    run = live(url, patience=PATIENT, architecture="vxlan")
    assert run.report.exit_status() == 10
    assert "architecture = vxlan" in run.said("settings", Outcome.FAILS)
    assert {"images", "vcpus"} <= run.unchecked
    assert run.said("credentials", Outcome.OK)
