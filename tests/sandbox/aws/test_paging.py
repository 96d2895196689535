"""Paging on the embedded AWS: limits and tokens are honoured."""

from __future__ import annotations

import pytest

from .clients import Aws, refused


@pytest.mark.hardening
def test_tables_come_in_pages(aws: Aws, vpc: str) -> None:
    made = {aws.table(vpc) for _ in range(11)}
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    first = aws.ec2.describe_route_tables(Filters=mine, MaxResults=5)
    assert len(first["RouteTables"]) == 5
    paginator = aws.ec2.get_paginator("describe_route_tables")
    pages = list(paginator.paginate(Filters=mine, PaginationConfig={"PageSize": 5}))
    tables = [table["RouteTableId"] for page in pages for table in page["RouteTables"]]
    assert len(pages) == 3
    assert made < set(tables)
    assert len(tables) == len(set(tables)) == 12


@pytest.mark.hardening
def test_a_page_of_tables_has_at_most_a_hundred(aws: Aws, vpc: str) -> None:
    for _ in range(100):
        aws.table(vpc)
    mine = [{"Name": "vpc-id", "Values": [vpc]}]
    answer = aws.ec2.describe_route_tables(Filters=mine)
    assert len(answer["RouteTables"]) == 100
    rest = aws.ec2.describe_route_tables(Filters=mine, NextToken=answer["NextToken"])
    assert len(rest["RouteTables"]) == 1
    assert "NextToken" not in rest


@pytest.mark.hardening
def test_no_page_of_motos_own_hides_templates(aws: Aws) -> None:
    for index in range(17):
        aws.ec2.create_launch_template(LaunchTemplateName=f"template-{index}", LaunchTemplateData={})
    assert len(aws.ec2.describe_launch_templates()["LaunchTemplates"]) == 17


def test_no_page_of_motos_own_hides_instances(aws: Aws, subnet: str, image: str) -> None:
    for _ in range(101):
        aws.run(subnet)
    answer = aws.ec2.describe_instances()
    assert len(answer["Reservations"]) == 101
    assert "NextToken" not in answer


@pytest.mark.hardening
def test_a_limit_out_of_range_is_refused(aws: Aws) -> None:
    with refused("InvalidParameterValue", "between 5 and 100"):
        aws.ec2.describe_route_tables(MaxResults=101)


@pytest.mark.hardening
def test_a_made_up_token_is_refused(aws: Aws) -> None:
    with refused("InvalidNextToken"):
        aws.ec2.describe_vpcs(NextToken="made-up")


def test_load_balancers_come_in_pages(aws: Aws, subnet: str) -> None:
    for index in range(3):
        aws.elb.create_load_balancer(Name=f"api-{index}", Type="network", Scheme="internal", Subnets=[subnet])
    first = aws.elb.describe_load_balancers(PageSize=2)
    assert len(first["LoadBalancers"]) == 2
    second = aws.elb.describe_load_balancers(PageSize=2, Marker=first["NextMarker"])
    assert len(second["LoadBalancers"]) == 1


def test_instances_come_in_pages(aws: Aws, subnet: str, image: str) -> None:
    made = {aws.run(subnet)["InstanceId"] for _ in range(7)}
    pages = list(aws.ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    assert len(pages) == 2
    found = [i["InstanceId"] for page in pages for r in page["Reservations"] for i in r["Instances"]]
    assert sorted(found) == sorted(made)


def test_ids_and_a_limit_do_not_go_together(aws: Aws, subnet: str, image: str) -> None:
    key = aws.run(subnet)["InstanceId"]
    with refused("InvalidParameterCombination"):
        aws.ec2.describe_instances(InstanceIds=[key], MaxResults=5)
