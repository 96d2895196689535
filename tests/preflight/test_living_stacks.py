"""Preflight of a stack that lives: what it is about, and the changes that it cannot take."""

from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from canal_aws.addressing import Kept
from canal_aws.preflight.findings import Outcome
from canal_aws.preflight.inputs import check_inputs
from canal_aws.preflight.subject_of_run import NothingToCheck, subject_of_run
from canal_aws.stack import pulumi_cli
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import StackError

GOOD: dict[str, Any] = {"apiAllowedCidrs": ["203.0.113.0/24"], "architecture": "native-routes"}
KEPT = Kept(
    zones=("us-east-1a", "us-east-1b", "us-east-1c"),
    edge_zones=("us-east-1a", "us-east-1b", "us-east-1c"),
    control_plane={f"control-plane-{index}": f"us-east-1{'abc'[index]}" for index in range(3)},
    workers={"worker-a-0": IPv4Address("10.0.0.20")},
    architecture="native-routes",
    ranges={
        "vpcCidr": "10.0.0.0/16",
        "podCidr": "10.128.0.0/13",
        "serviceCidr": "10.96.0.0/16",
        "nodePodCidrMask": "24",
    },
    api_access="public",
    topology="private",
    nat_gateways="single",
    kubernetes_minor="1.36",
)
STATE = '{"deployment": {"resources": [{"urn": "urn:pulumi:dev::canal-aws::aws:ec2/vpc:Vpc::vpc", "id": "vpc-1", \
"type": "aws:ec2/vpc:Vpc", "outputs": {"cidrBlock": "10.0.0.0/16"}}]}}'


class FakePulumi:
    """A project whose selected stack is organization/canal-aws/dev in eu-west-1."""

    stack = "organization/canal-aws/dev"

    @classmethod
    def find(cls, folder: Path, stack: str | None, environment: Any = None) -> FakePulumi:
        if stack == "gone":
            raise StackError("no stack named 'gone'")
        return cls()

    def config(self) -> dict[str, Any]:
        return {"aws:region": "eu-west-1", "canal-aws:architecture": "native-routes", "canal-aws:workersPerZone": 2}

    def export(self, show_secrets: bool = False) -> Deployment:
        return Deployment(STATE)


@pytest.fixture
def pulumi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_cli, "Pulumi", FakePulumi)


@pytest.mark.usefixtures("pulumi")
def test_a_selected_stack_is_what_it_is_about_and_arguments_go_over_it() -> None:
    about = subject_of_run(None, ["workersPerZone=5"], None, "dev")
    assert about.written.settings == {"architecture": "native-routes", "workersPerZone": 5}
    assert about.region == "eu-west-1"
    assert about.kept.ranges == {"vpcCidr": "10.0.0.0/16"}
    assert (about.target.stack, about.target.ids) == ("organization/canal-aws/dev", {"vpc-1"})
    assert subject_of_run(None, [], None).written.settings["workersPerZone"] == 2


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize(("region", "asked"), [(None, "us-east-1"), ("us-east-2", "us-east-2")])
def test_aws_is_asked_in_the_region_that_the_report_is_about(
    monkeypatch: pytest.MonkeyPatch, region: str | None, asked: str
) -> None:
    monkeypatch.setattr(FakePulumi, "config", lambda self: {"canal-aws:architecture": "native-routes"})
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    about = subject_of_run(None, [], region, "dev")
    assert about.target.region == about.aws.ec2.meta.region_name == asked


@pytest.mark.usefixtures("pulumi")
def test_a_file_or_settings_alone_are_a_new_stacks(tmp_path: Path) -> None:
    file = tmp_path / "plan.yaml"
    file.write_text("architecture: calico-ipip\n")
    for about in (
        subject_of_run(file, [], "us-east-1"),
        subject_of_run(None, ["architecture=calico-ipip"], "us-east-1"),
    ):
        assert about.written.settings == {"architecture": "calico-ipip"}
        assert (about.subject, about.kept, about.target.stack) == (None, Kept(), "")


@pytest.mark.usefixtures("pulumi")
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"config": Path("plan.yaml"), "stack": "dev"}, "give one of them"),
        ({"region": "us-east-1", "stack": "dev"}, "is in eu-west-1"),
    ],
)
def test_what_does_not_go_together_is_refused(given: dict[str, Any], words: str) -> None:
    arguments: dict[str, Any] = {"config": None, "arguments": [], "region": None, **given}
    with pytest.raises(NothingToCheck, match=words):
        subject_of_run(**arguments)


def test_without_a_stack_a_file_or_settings_the_three_ways_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NothingToCheck, match=r"--stack[^-]*--config[^-]*--set"):
        subject_of_run(None, [], None)


@pytest.mark.usefixtures("pulumi")
def test_a_stack_that_is_named_and_not_there_is_pulumis_to_explain() -> None:
    with pytest.raises(StackError, match="gone"):
        subject_of_run(None, [], None, "gone")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architecture": "flannel-vxlan"}, "this stack runs native-routes"),
        ({"controlPlaneNodes": 1}, "etcd counts every member"),
        ({"vpcCidr": "10.4.0.0/16"}, "made with 10.0.0.0/16"),
        ({"podCidr": "10.136.0.0/13"}, "made with 10.128.0.0/13"),
        ({"serviceCidr": "10.97.0.0/16"}, "made with 10.96.0.0/16"),
        ({"nodePodCidrMask": 25}, "made with 24"),
        ({"availabilityZones": ["us-east-1a", "us-east-1b"]}, "control-plane-2 in us-east-1c"),
        ({"apiAccess": "private", "apiAllowedCidrs": []}, "this stack's API is public"),
        ({"topology": "public"}, "this stack is private"),
        ({"natGateways": "per-zone"}, "this stack has single"),
        ({"kubernetesVersion": "1.35.4"}, "this stack's nodes run 1.36"),
    ],
)
def test_a_change_that_the_stack_cannot_take_does_not_fit(change: dict[str, Any], words: str) -> None:
    report = check_inputs({**GOOD, "controlPlaneNodes": 3, **change}, "us-east-1", KEPT)
    (said,) = [str(finding) for check, finding in report.of(Outcome.FAILS) if check.name == "changes"]
    assert words in said
    assert report.exit_status() == 10


def test_growth_is_no_such_change() -> None:
    grown = {**GOOD, "controlPlaneNodes": 5, "workersPerZone": 9}
    assert check_inputs(grown, "us-east-1", KEPT).exit_status(strict=True) == 0
