"""What others left in a stack's VPC makes `pulumi destroy` stand still; once the destroy preflight has cleared it, it ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from tests.lifecycle.cloud import Cloud
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.stacks import CHECKOUT, Stack
from tests.sandbox.aws.clients import eventually

pytestmark = pytest.mark.lifecycle

_SECONDS = 300.0
_CLUSTER = {"Key": "kubernetes.io/cluster/occupied", "Value": "owned"}
_SERVICE = {"Key": "kubernetes.io/service-name", "Value": "shop/web"}


@pytest.fixture(scope="module")
def stack(make_stack: MakeStack) -> Stack:
    made = make_stack("occupied", architecture="flannel-vxlan", availabilityZones="1", workersPerZone=0)
    made.up()
    return made


@pytest.fixture(scope="module")
def foreign(stack: Stack, aws: Callable[[str], Any]) -> dict[str, str]:
    """What a cloud controller, a CSI driver and a person would have left, by kind."""
    cloud = Cloud(aws, stack.name)
    ec2 = cloud.ec2
    edge = next(each for name, each in cloud.subnets.items() if name.startswith("edge"))
    worker = next(key for key, name in cloud.groups.items() if name.startswith("worker"))
    group = ec2.create_security_group(
        GroupName="k8s-elb-a1", Description="Security group for Kubernetes ELB a1 (shop/web)", VpcId=edge["VpcId"]
    )["GroupId"]
    pair = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [{"GroupId": group}]}]
    ec2.authorize_security_group_ingress(GroupId=worker, IpPermissions=pair)
    balancer = cloud.elb.create_load_balancer(
        Name="a1", Type="network", Scheme="internal", Subnets=[edge["SubnetId"]], SecurityGroups=[group],
        Tags=[_CLUSTER, _SERVICE],
    )["LoadBalancers"][0]["LoadBalancerArn"]  # fmt: skip
    interface = ec2.create_network_interface(SubnetId=edge["SubnetId"])["NetworkInterface"]["NetworkInterfaceId"]
    volume = ec2.create_volume(
        AvailabilityZone=edge["AvailabilityZone"],
        Size=8,
        TagSpecifications=[
            {"ResourceType": "volume", "Tags": [_CLUSTER, {"Key": "CSIVolumeName", "Value": "pvc-1"}]},
        ],
    )["VolumeId"]
    return {"group": group, "balancer": balancer, "interface": interface, "volume": volume}


def preflight(stack: Stack, *words: str, status: int) -> str:
    """What `canal-aws preflight --destroy WORDS` says; an AssertionError where it ends with another status."""
    where = ("--stack", stack.name, "--cwd", str(stack.project))
    done = subprocess.run(
        [sys.executable, "-m", "canal_aws", "preflight", "--destroy", *words, *where],
        cwd=CHECKOUT,
        env={**stack.environment, "COLUMNS": "400"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == status, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


def test_a_stack_alone_in_its_vpc_is_in_nobodys_way(stack: Stack) -> None:
    preflight(stack, "--strict", status=0)


def test_what_others_left_is_listed_and_left_without_a_yes(
    stack: Stack, foreign: dict[str, str], sandbox: Sandbox
) -> None:
    before = sandbox.control().leftovers()
    said = preflight(stack, status=10)
    for key in foreign.values():
        assert key in said
    assert "Service shop/web" in said
    assert "nothing was deleted" in preflight(stack, "--delete", status=2)
    assert sandbox.control().leftovers() == before


def test_a_destroy_that_waits_goes_on_once_it_is_cleared(
    stack: Stack, foreign: dict[str, str], sandbox: Sandbox
) -> None:
    """The provider asks for up to twenty minutes again, as on AWS: the destroy stands still, and then comes to its end."""
    subnets = sum(each["type"] == "aws:ec2/subnet:Subnet" for each in stack.resources())
    sandbox.control().reset_calls()
    destroy = stack.popen("destroy", "--stack", stack.name, "--yes", "--skip-preview")
    try:
        # More deletions than there are subnets: one was refused, and is asked for again.
        eventually(lambda: sandbox.control().calls().get("ec2:DeleteSubnet", 0) > subnets, seconds=120)
        assert destroy.poll() is None
        preflight(stack, "--delete", "--yes", "--strict", status=0)
        text, _ = destroy.communicate(timeout=_SECONDS)
    finally:
        destroy.kill()
    assert destroy.returncode == 0, text
    assert sandbox.control().leftovers() == []
