"""Reading back what is there: from the embedded AWS, and from what kubectl says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from canal_aws.sandbox.demo import measure
from canal_aws.sandbox.errors import SandboxProcessError
from canal_aws.sandbox.sandbox import Sandbox
from tests.sandbox.fake_parts import FakeParts


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sandbox = Sandbox(tmp_path_factory.mktemp("measure") / "state", FakeParts())
    yield sandbox.start().endpoint
    sandbox.reset(force=True)


@pytest.mark.component
def test_provisioned_reads_checks_and_the_fullest_table(endpoint: str) -> None:
    ec2 = boto3.client(
        "ec2", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    image = ec2.describe_images(Owners=["099720109477"])["Images"][0]["ImageId"]
    instances = ec2.run_instances(ImageId=image, InstanceType="m7i.large", MinCount=2, MaxCount=2, SubnetId=subnet)[
        "Instances"
    ]
    for instance in instances:
        ec2.modify_instance_attribute(InstanceId=instance["InstanceId"], SourceDestCheck={"Value": False})
    full, empty = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    ec2.create_route(RouteTableId=empty, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for number, instance in enumerate(instances):
        interface = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
        ec2.create_route(RouteTableId=full, DestinationCidrBlock=f"10.128.{number}.0/24", NetworkInterfaceId=interface)

    assert measure.provisioned(endpoint, "us-east-1", vpc) == measure.Provisioned(2, False, 2)

    ec2.modify_instance_attribute(InstanceId=instances[0]["InstanceId"], SourceDestCheck={"Value": True})
    assert measure.provisioned(endpoint, "us-east-1", vpc).source_dest_check is None


def _kubectl(folder: Path, items: list[dict[str, Any]], status: int = 0) -> Path:
    (folder / "answer.json").write_text(json.dumps({"items": items}))
    script = folder / "kubectl"
    script.write_text(
        f'#!/bin/sh\n[ {status} = 0 ] || {{ echo "connection refused" >&2; exit {status}; }}\n'
        f'grep -q "apiVersion: v1" "$2" && cat "{folder}/answer.json"\n'
    )
    script.chmod(0o755)
    return script


def _object(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": name}, **more}


EXPECTED = [
    _object("ServiceAccount", "canal"),
    _object("DaemonSet", "canal"),
    _object("Deployment", "calico-kube-controllers"),
]


def test_deployed_wants_every_workload_and_reads_the_mtu_back(tmp_path: Path) -> None:
    there = [*EXPECTED[1:], _object("ConfigMap", "canal-config", data={"veth_mtu": "8951"})]
    kubectl = _kubectl(tmp_path, there)
    found = measure.deployed(kubectl, "apiVersion: v1\n", EXPECTED, dict(os.environ))
    assert found == measure.Deployed(True, 8951)

    kubectl = _kubectl(tmp_path, there[1:])
    assert not measure.deployed(kubectl, "apiVersion: v1\n", EXPECTED, dict(os.environ)).accepted


def test_an_api_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(SandboxProcessError, match="connection refused"):
        measure.deployed(_kubectl(tmp_path, [], status=1), "apiVersion: v1\n", EXPECTED, dict(os.environ))


def test_the_peak_is_the_highest_value_at_either_end() -> None:
    values = iter([5, 3])
    with measure.Peak(lambda: next(values, 0)) as peak:
        pass
    assert peak.value == 5
