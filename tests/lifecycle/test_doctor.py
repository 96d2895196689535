"""`canal-aws doctor` on a real stack: silent on a fresh one, each drift named, and silent again once it is repaired."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from canal_aws.stack.kubernetes_api import KubernetesApi
from tests.lifecycle.conftest import MakeStack
from tests.lifecycle.life import Life
from tests.lifecycle.stacks import CHECKOUT

pytestmark = pytest.mark.lifecycle

_SECONDS = 120.0
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


def doctor(life: Life, *words: str, **environment: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the JSON of `canal-aws doctor WORDS`."""
    stack = life.stack
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "canal_aws",
            "doctor",
            "--json",
            "--stack",
            stack.name,
            "--cwd",
            str(stack.project),
            *words,
        ],
        cwd=CHECKOUT,
        env={**stack.environment, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["exitStatus"] == done.returncode
    return done.returncode, report


def drifted(report: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """By check, the findings that are not ok."""
    found = {
        check["name"]: [each for each in check["findings"] if each["outcome"] != "ok"] for check in report["checks"]
    }
    return {name: findings for name, findings in found.items() if findings}


def test_a_fresh_stack_is_as_described(life: Life, tmp_path: Path) -> None:
    junit, sarif = tmp_path / "doctor.xml", tmp_path / "doctor.sarif"
    status, report = doctor(life, "--strict", "--junit", str(junit), "--sarif", str(sarif))
    assert drifted(report) == {}
    assert status == 0
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

    status, report = doctor(life)
    found = drifted(report)
    assert status == 10
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
    _, report = doctor(life)
    found = drifted(report)
    rule = found["security-group-rules-as-planned"][0]["wayOut"].rstrip("`").split()
    cloud.ec2.revoke_security_group_ingress(GroupId=rule[-3], SecurityGroupRuleIds=[rule[-1]])
    route = found["foreign-routes"][0]["wayOut"].rstrip("`").split()
    cloud.ec2.delete_route(RouteTableId=route[-3], DestinationCidrBlock=route[-1])
    patch = found["pod-mtu-as-built"][0]["wayOut"].partition("-p '")[2].partition("'")[0]
    KubernetesApi(life.stack.outputs()["kubeconfig"]).merge(_CONFIG, json.loads(patch))
    life.stack.up("--refresh")
    status, report = doctor(life)
    assert drifted(report) == {}
    assert status == 0


def test_without_an_api_aws_is_examined_all_the_same(life: Life) -> None:
    gone = "http://127.0.0.1:9"  # discard, where nobody listens
    status, report = doctor(life, HTTPS_PROXY=gone, https_proxy=gone, NO_PROXY="", no_proxy="")
    assert status == 11
    unchecked = {each["name"] for each in report["checks"] if each["outcome"] == "unchecked"}
    assert {"nodes-ready", "pod-mtu-as-built", "bootstrap-tokens"} <= unchecked
    answered = {each["name"]: each["outcome"] for each in report["checks"]}
    assert (answered["security-group-rules-as-planned"], answered["pod-routes-as-planned"]) == ("ok", "ok")
    assert doctor(life, "--aws-only")[0] == 0


def test_destroy_leaves_nothing(life: Life) -> None:
    life.stack.destroy()
    done = subprocess.run(
        [sys.executable, "-m", "canal_aws", "doctor", "--stack", life.stack.name, "--cwd", str(life.stack.project)],
        cwd=CHECKOUT,
        env={**os.environ, **life.stack.environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 2
    assert "run `pulumi up` first" in done.stderr
