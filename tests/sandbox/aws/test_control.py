"""The control URLs of the embedded AWS: calls, quotas, newer images, reset, leftovers."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from .clients import TRUST, UBUNTU, Aws, eventually, refused


def _get(aws: Aws, path: str) -> Any:
    answer = requests.get(f"{aws.url}/_canal/{path}", timeout=10)
    answer.raise_for_status()
    return answer.json()


def _post(aws: Aws, path: str, body: Any = None) -> requests.Response:
    return requests.post(f"{aws.url}/_canal/{path}", json=body, timeout=10)


def test_calls_are_counted_by_operation_and_not_the_fleets(aws: Aws) -> None:
    _post(aws, "calls/reset").raise_for_status()
    aws.ec2.describe_vpcs()
    aws.ec2.describe_vpcs()
    aws.elb.describe_load_balancers()
    Aws(aws.url, hardened=True, user_agent="canal-fleet").ec2.describe_instances()
    assert _get(aws, "calls") == {
        "ec2:DescribeVpcs": 2,
        "elasticloadbalancing:DescribeLoadBalancers": 1,
    }


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"service": "vpc", "code": "L-00000000", "value": 1}, "L-00000000"),
        ({"service": "vpc", "code": "L-93826ACB", "value": -1}, "below zero"),
        ({"service": "vpc", "code": "L-93826ACB", "value": "many"}, "many"),
        ({"service": "vpc", "code": "L-93826ACB"}, "value"),
        ([], "JSON object"),
    ],
)
def test_a_bad_quota_is_named(aws: Aws, body: Any, text: str) -> None:
    answer = _post(aws, "quota", body)
    assert answer.status_code == 400
    assert text in answer.json()["error"]


def test_an_unknown_control_url_names_those_there_are(aws: Aws) -> None:
    answer = _post(aws, "nothing")
    assert answer.status_code == 404
    assert "GET /_canal/leftovers" in answer.json()["error"]


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_a_newer_image_takes_over_and_the_older_stays(aws: Aws, region: str) -> None:
    there = Aws(aws.url, hardened=True, region=region)
    name = UBUNTU.format(arch="arm64")
    old = there.ssm.get_parameter(Name=name)["Parameter"]
    assert _post(aws, "ami", {"newer": True}).json()["images"]
    new = there.ssm.get_parameter(Name=name)["Parameter"]
    assert (old["Version"], new["Version"]) == (1, 2)
    images = there.ec2.describe_images(ImageIds=[old["Value"], new["Value"]])["Images"]
    by_id = {image["ImageId"]: image for image in images}
    assert by_id[old["Value"]]["CreationDate"] < by_id[new["Value"]]["CreationDate"]
    assert by_id[new["Value"]]["Architecture"] == "arm64"


def test_a_region_met_later_has_the_newer_images_too(aws: Aws) -> None:
    _post(aws, "ami", {"newer": True}).raise_for_status()
    there = Aws(aws.url, hardened=True, region="ap-southeast-2")
    assert there.ssm.get_parameter(Name=UBUNTU.format(arch="amd64"))["Parameter"]["Version"] == 2


@pytest.mark.hardening
@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_flatcar_is_found_by_owner_and_name(aws: Aws, architecture: str) -> None:
    wanted = {"name": "Flatcar-stable-*-hvm", "architecture": architecture, "virtualization-type": "hvm"}
    filters = [{"Name": key, "Values": [value]} for key, value in wanted.items()]
    (image,) = aws.ec2.describe_images(Owners=["075585003325"], Filters=filters)["Images"]
    assert image["RootDeviceName"] == "/dev/xvda"
    assert image["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "gp3"


@pytest.mark.hardening
@pytest.mark.parametrize("arch", ["amd64", "arm64"])
def test_ubuntu_is_found_through_its_parameter(aws: Aws, arch: str) -> None:
    key = aws.ssm.get_parameter(Name=UBUNTU.format(arch=arch))["Parameter"]["Value"]
    (image,) = aws.ec2.describe_images(ImageIds=[key])["Images"]
    assert (image["OwnerId"], image["State"]) == ("099720109477", "available")


def test_a_fresh_account_leaves_nothing_over_in_any_region(aws: Aws) -> None:
    for region in ("us-east-1", "eu-west-1"):
        there = Aws(aws.url, hardened=True, region=region)
        assert there.ec2.describe_vpcs()["Vpcs"][0]["IsDefault"] is True
        assert there.image
    aws.iam.list_roles()
    assert _get(aws, "leftovers") == []


def test_everything_that_is_made_is_left_over_until_it_is_gone(
    aws: Aws, vpc: str, subnet: str, gateway: str, table: str
) -> None:
    group = aws.group(vpc)
    address = aws.ec2.allocate_address(Domain="vpc")["AllocationId"]
    instance = aws.running(subnet, SecurityGroupIds=[group])
    key = instance["InstanceId"]
    aws.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST)
    aws.iam.create_instance_profile(InstanceProfileName="worker")
    aws.ssm.put_parameter(Name="/canal-aws/demo/join", Value="placeholder", Type="SecureString")
    template = aws.ec2.create_launch_template(LaunchTemplateName="workers", LaunchTemplateData={})
    template_id = template["LaunchTemplate"]["LaunchTemplateId"]
    target_group = aws.elb.create_target_group(Name="api", Protocol="TCP", Port=6443, VpcId=vpc)
    target_group_arn = target_group["TargetGroups"][0]["TargetGroupArn"]
    acl = aws.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    outward = aws.ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    outward_id = outward["EgressOnlyInternetGatewayId"]
    eni = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    volume = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert _get(aws, "leftovers") == sorted(
        [
            f"vpc {vpc}",
            f"subnet {subnet}",
            f"internet-gateway {gateway}",
            f"egress-only-internet-gateway {outward_id}",
            f"network-acl {acl}",
            f"route-table {table}",
            f"security-group {group}",
            f"elastic-ip {address}",
            f"instance {key}",
            f"network-interface {eni}",
            f"volume {volume}",
            "iam-role worker",
            "iam-instance-profile worker",
            "ssm-parameter /canal-aws/demo/join",
            f"launch-template {template_id}",
            f"target-group {target_group_arn}",
        ]
    )
    aws.terminate(key)
    aws.ssm.delete_parameter(Name="/canal-aws/demo/join")
    aws.ec2.delete_launch_template(LaunchTemplateId=template_id)
    aws.elb.delete_target_group(TargetGroupArn=target_group_arn)
    aws.iam.delete_instance_profile(InstanceProfileName="worker")
    aws.iam.delete_role(RoleName="worker")
    aws.ec2.release_address(AllocationId=address)
    aws.ec2.delete_security_group(GroupId=group)
    aws.ec2.delete_subnet(SubnetId=subnet)
    aws.ec2.delete_route_table(RouteTableId=table)
    aws.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    aws.ec2.delete_internet_gateway(InternetGatewayId=gateway)
    aws.ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=outward_id)
    aws.ec2.delete_network_acl(NetworkAclId=acl)
    aws.ec2.delete_vpc(VpcId=vpc)
    assert _get(aws, "leftovers") == []


def test_a_terminating_instance_is_still_left_over(aws: Aws, subnet: str) -> None:
    key = aws.running(subnet)["InstanceId"]
    aws.ec2.terminate_instances(InstanceIds=[key])
    assert f"instance {key}" in _get(aws, "leftovers")
    eventually(lambda: f"instance {key}" not in _get(aws, "leftovers"))


def test_a_reset_makes_a_fresh_account(aws: Aws, vpc: str) -> None:
    _post(aws, "quota", {"service": "vpc", "code": "L-93826ACB", "value": 50}).raise_for_status()
    _post(aws, "reset").raise_for_status()
    assert _get(aws, "leftovers") == []
    assert _get(aws, "calls") == {}
    quota = aws.quotas.get_service_quota(ServiceCode="vpc", QuotaCode="L-93826ACB")["Quota"]
    assert quota["Value"] == 500


@pytest.mark.parametrize(
    ("fault", "code"), [("throttle", "RequestLimitExceeded"), ("expired", "RequestExpired"), ("invalid", "AuthFailure")]
)
def test_an_api_error_is_spelled_as_ec2_does_as_often_as_was_asked(aws: Aws, fault: str, code: str) -> None:
    body = {"faults": [{"fault": fault, "actions": ["ec2:DescribeVpcs"], "times": 1}]}
    _post(aws, "faults", body).raise_for_status()
    aws.ec2.describe_subnets()
    with refused(code):
        aws.ec2.describe_vpcs()
    aws.ec2.describe_vpcs()


@pytest.mark.parametrize("body", [{"faults": [{"fault": "rain"}]}, {"delaySeconds": -1}, {"faults": "drop"}])
def test_a_fault_that_makes_no_sense_says_what_to_send(aws: Aws, body: Any) -> None:
    answer = _post(aws, "faults", body)
    assert answer.status_code == 400
    assert "drop" in answer.json()["error"]
