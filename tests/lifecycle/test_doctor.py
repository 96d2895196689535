"""`canal-aws doctor` on a real stack: silent on a fresh one, each drift named, and silent again once it is repaired.

At its end the same stack is destroyed with what others left in its VPC: a destroy that stands still goes on once
`canal-aws preflight --destroy` has cleared it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.sandbox.sandbox import Sandbox
from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.foreign import leave
from tests.lifecycle.life import Life
from tests.sandbox.aws.clients import eventually

pytestmark = pytest.mark.lifecycle

_SECONDS = 300.0
_WORKER, _FIRST = "worker-a-0", "control-plane-0"
_FOREIGN_CIDR, _FOREIGN_DESTINATION = "198.51.100.0/24", "10.130.0.0/24"
_CONFIG = "/api/v1/namespaces/kube-system/configmaps/canal-config"


@pytest.fixture(scope="module")
def life(make_stack: MakeStack, aws: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Life:
    stack = make_stack("examined", architecture="native-routes", availabilityZones="1", workersPerZone=1)
    stack.up()
    life = Life(stack, aws, tmp_path_factory.mktemp("examined"))
    ids = life.cloud().instance_ids
    life.cluster().settled({name: ids[name] for name in (_FIRST, _WORKER)}, with_pod_cidr=True)
    return life


@pytest.fixture(scope="module")
def foreign(life: Life) -> dict[str, str]:
    """Made once doctor has had its say of the stack."""
    return leave(life.cloud(), life.stack.name)


def doctor(life: Life, *words: str, status: int = 0, **environment: str) -> dict[str, Any]:
    """The JSON of `canal-aws doctor WORDS`, which must end with `status`."""
    done = life.stack.canal_aws("doctor", "--json", *words, status=status, **environment)
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["exitStatus"] == status
    return report


def drifted(report: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """By check, the findings that are not ok."""
    found = {
        check["name"]: [each for each in check["findings"] if each["outcome"] != "ok"] for check in report["checks"]
    }
    return {name: findings for name, findings in found.items() if findings}


def test_a_fresh_stack_is_as_described(life: Life, tmp_path: Path) -> None:
    junit, sarif = tmp_path / "doctor.xml", tmp_path / "doctor.sarif"
    assert drifted(doctor(life, "--strict", "--junit", str(junit), "--sarif", str(sarif))) == {}
    assert 'name="canal-aws doctor"' in junit.read_text()
    assert json.loads(sarif.read_text())["runs"][0]["results"] == []


def test_each_drift_is_named_with_what_repairs_it(life: Life) -> None:
    cloud = life.cloud()
    ec2, ids = cloud.ec2, cloud.instance_ids
    groups = {name: group_id for group_id, name in cloud.groups.items()}
    table = cloud.route_tables["nodes"]["RouteTableId"]
    plan = {node.name: node for node in life.plan("a").nodes}
    interface = cloud.interface(_FIRST)["NetworkInterfaceId"]
    ec2.modify_instance_attribute(InstanceId=ids[_WORKER], SourceDestCheck={"Value": True})
    ec2.modify_instance_attribute(InstanceId=ids[_FIRST], DisableApiTermination={"Value": False})
    ec2.authorize_security_group_ingress(
        GroupId=groups["worker"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": _FOREIGN_CIDR}]}],
    )
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock=str(plan[_WORKER].pod_cidr))
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=_FOREIGN_DESTINATION, NetworkInterfaceId=interface)
    KubernetesApi(life.stack.outputs()["kubeconfig"]).merge(_CONFIG, {"data": {"veth_mtu": "1440"}})

    found = drifted(doctor(life, status=10))
    assert set(found) == {
        "source-dest-check-as-wanted",
        "termination-protection",
        "security-group-rules-as-planned",
        "pod-routes-as-planned",
        "foreign-routes",
        "pod-mtu-as-built",
    }
    assert ids[_WORKER] in found["source-dest-check-as-wanted"][0]["what"]
    assert _FOREIGN_CIDR in found["security-group-rules-as-planned"][0]["what"]
    assert groups["worker"] in found["security-group-rules-as-planned"][0]["wayOut"]
    assert f"{plan[_WORKER].pod_cidr} to {_WORKER}" in found["pod-routes-as-planned"][0]["what"]
    assert (
        f"--route-table-id {table} --destination-cidr-block {_FOREIGN_DESTINATION}"
        in found["foreign-routes"][0]["wayOut"]
    )
    assert "1440" in found["pod-mtu-as-built"][0]["what"]


def test_what_it_says_repairs_it(life: Life) -> None:
    cloud = life.cloud()
    found = drifted(doctor(life, status=10))
    rule = found["security-group-rules-as-planned"][0]["wayOut"].rstrip("`").split()
    cloud.ec2.revoke_security_group_ingress(GroupId=rule[-3], SecurityGroupRuleIds=[rule[-1]])
    route = found["foreign-routes"][0]["wayOut"].rstrip("`").split()
    cloud.ec2.delete_route(RouteTableId=route[-3], DestinationCidrBlock=route[-1])
    patch = found["pod-mtu-as-built"][0]["wayOut"].partition("-p '")[2].partition("'")[0]
    KubernetesApi(life.stack.outputs()["kubeconfig"]).merge(_CONFIG, json.loads(patch))
    life.stack.up("--refresh")
    assert drifted(doctor(life)) == {}


def test_without_an_api_aws_is_examined_all_the_same(life: Life) -> None:
    gone = "http://127.0.0.1:9"  # discard, where nobody listens
    report = doctor(life, status=11, HTTPS_PROXY=gone, https_proxy=gone, NO_PROXY="", no_proxy="")
    unchecked = {each["name"] for each in report["checks"] if each["outcome"] == "unchecked"}
    assert {"nodes-ready", "pod-mtu-as-built", "bootstrap-tokens"} <= unchecked
    answered = {each["name"]: each["outcome"] for each in report["checks"]}
    assert (answered["security-group-rules-as-planned"], answered["pod-routes-as-planned"]) == ("ok", "ok")
    doctor(life, "--aws-only")


def before_destroy(life: Life, *words: str, status: int) -> str:
    """All that `canal-aws preflight --destroy WORDS` says, in lines as long as they are."""
    done = life.stack.canal_aws("preflight", "--destroy", *words, status=status, COLUMNS="400")
    return done.stdout + done.stderr


def test_a_stack_alone_in_its_vpc_is_in_nobodys_way(life: Life) -> None:
    before_destroy(life, "--strict", status=0)


def test_what_others_left_is_listed_and_left_without_a_yes(
    life: Life, foreign: dict[str, str], sandbox: Sandbox
) -> None:
    before = sandbox.control().leftovers()
    said = before_destroy(life, status=10)
    for key in foreign.values():
        assert key in said
    assert "Service shop/web" in said
    assert "nothing was deleted" in before_destroy(life, "--delete", status=2)
    assert sandbox.control().leftovers() == before


def test_a_destroy_that_waits_goes_on_once_it_is_cleared(life: Life, foreign: dict[str, str], sandbox: Sandbox) -> None:
    """The provider asks for up to twenty minutes again, as on AWS: the destroy stands still, and then comes to its end."""
    subnets = sum(each["type"] == "aws:ec2/subnet:Subnet" for each in life.stack.resources())
    sandbox.control().reset_calls()
    destroy = life.stack.popen("destroy", "--stack", life.stack.name, "--yes", "--skip-preview")
    try:
        # More deletions than there are subnets: one was refused, and is asked for again.
        eventually(lambda: sandbox.control().calls().get("ec2:DeleteSubnet", 0) > subnets, seconds=120)
        assert destroy.poll() is None
        before_destroy(life, "--delete", "--yes", "--strict", status=0)
        text, _ = destroy.communicate(timeout=_SECONDS)
    finally:
        destroy.kill()
    assert destroy.returncode == 0, text
    assert sandbox.control().leftovers() == []


def test_a_stack_that_is_gone_is_told_what_comes_first(life: Life) -> None:
    assert "run `pulumi up` first" in life.stack.canal_aws("doctor", status=2).stderr
