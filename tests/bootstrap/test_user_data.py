"""What EC2 and cloud-init are handed, and the limits that it has to respect."""

from __future__ import annotations

import gzip
import os
import secrets
from pathlib import Path

import pytest

from canal_aws.bootstrap import (
    EC2_LIMIT_BYTES,
    BootstrapError,
    check_size,
    parameter_actions,
    readable,
    user_data,
)
from canal_aws.bootstrap.render import TARGET_BYTES
from tests.bootstrap.specs import PLANNED, config, kubeadm_documents, spec, written_files

GOLDEN = Path(__file__).parent / "golden"
ROLES = ("control-plane", "worker")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("plan", ["allocated", "planned"])
def test_golden(role: str, plan: str) -> None:
    """After a wanted change: UPDATE_GOLDEN=1 pytest tests/bootstrap/test_user_data.py, and review the difference."""
    golden = GOLDEN / f"{role}-{plan}.yaml"
    rendered = readable(spec(role, **(PLANNED if plan == "planned" else {})))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(rendered)
    assert rendered == golden.read_text()


@pytest.mark.parametrize("role", ROLES)
def test_ec2_gets_the_reviewed_text_as_one_gzip_member_without_a_time(role: str) -> None:
    """cloud-init unpacks it (its documentation, "user data formats"); other bytes would be a new launch template."""
    content = user_data(spec(role))
    assert gzip.decompress(content).decode() == readable(spec(role))
    assert content[4:8] == bytes(4)
    assert content == user_data(spec(role))


@pytest.mark.parametrize("role", ROLES)
def test_leaves_room_below_the_limit_of_ec2(role: str) -> None:
    assert check_size(user_data(spec(role, **PLANNED))) <= TARGET_BYTES


def test_user_data_past_the_limit_is_refused_with_both_numbers() -> None:
    assert check_size(b"x" * EC2_LIMIT_BYTES) == EC2_LIMIT_BYTES
    with pytest.raises(BootstrapError, match=r"16,386 bytes.*at most 16,384.*by 2 bytes"):
        check_size(b"x" * (EC2_LIMIT_BYTES + 2))


def test_a_spec_that_no_longer_fits_is_refused_before_ec2_sees_it() -> None:
    with pytest.raises(BootstrapError, match="EC2 takes at most"):
        user_data(spec("control-plane", cluster_name=secrets.token_hex(16_384)))


@pytest.mark.parametrize("value", ["dev; reboot", "$(reboot)", "a b", "`x`", "a'b", "a\nB=c", "@NODE_NAME@"])
def test_values_that_a_shell_or_yaml_could_act_on_are_refused(value: str) -> None:
    with pytest.raises(BootstrapError, match="join_parameter"):
        spec("worker", join_parameter=value)


@pytest.mark.parametrize("version", ["1.36", "v1.36.3", "1.36.3-rc.1", ""])
def test_only_a_release_has_a_package(version: str) -> None:
    with pytest.raises(BootstrapError, match="kubernetes_version"):
        spec("worker", kubernetes_version=version)


def test_an_operating_system_without_user_data_is_refused_with_those_that_have_it() -> None:
    with pytest.raises(BootstrapError, match=r"'bottlerocket'.*ubuntu"):
        user_data(spec("worker", operating_system="bottlerocket"))


@pytest.mark.parametrize("role", ROLES)
def test_the_files_arrive_as_they_were_rendered(role: str) -> None:
    for path, content in written_files(role).items():
        assert content.endswith("\n"), path
        assert not content.startswith("\n"), path
        assert "<#" not in content, f"{path}: a template's comment was rendered"
    for entry in config(role)["write_files"]:
        assert ("permissions" in entry) == entry["content"].startswith("#!"), entry["path"]


def test_cluster_env_says_what_a_node_was_told() -> None:
    lines = written_files("worker", public_api_endpoint="")["/etc/canal-aws/cluster.env"].splitlines()
    values = dict(line.split("=", 1) for line in lines)
    assert values["CLUSTER_NAME"] == "canal"
    assert values["AWS_REGION"] == "us-east-1"
    assert values["KUBERNETES_VERSION"] == "1.36.3"
    assert values["API_ENDPOINT"] == spec("worker").api_endpoint
    assert values["PUBLIC_API_ENDPOINT"] == ""
    assert values["JOIN_PARAMETER"] == spec("worker").join_parameter


def test_packages_come_from_the_repository_of_the_minor_with_a_pinned_key() -> None:
    script = written_files("worker", kubernetes_version="1.35.4")["/opt/canal-aws/install.sh"]
    assert "https://pkgs.k8s.io/core:/stable:/v1.35/deb/" in script
    assert "signed-by=" in script
    assert "DE15B14486CD377B9E876E1A234654DA9A296436" in script


@pytest.mark.parametrize(("allocate", "flag"), [(True, "true"), (False, "false")])
def test_who_hands_out_pod_cidrs_is_a_flag_of_the_controller_manager(allocate: bool, flag: str) -> None:
    cluster = kubeadm_documents("control-plane", allocate_node_cidrs=allocate)["ClusterConfiguration"]
    arguments = {entry["name"]: entry["value"] for entry in cluster["controllerManager"]["extraArgs"]}
    assert arguments == {"allocate-node-cidrs": flag, "node-cidr-mask-size": "24"}


def test_the_cluster_is_reached_through_the_internal_name_and_certified_for_both() -> None:
    cluster = kubeadm_documents("control-plane")["ClusterConfiguration"]
    names = [spec("worker").api_endpoint, spec("worker").public_api_endpoint]
    assert cluster["controlPlaneEndpoint"] == f"{names[0]}:6443"
    assert cluster["apiServer"]["certSANs"] == names
    private = kubeadm_documents("control-plane", public_api_endpoint="")["ClusterConfiguration"]
    assert private["apiServer"]["certSANs"] == names[:1]


def test_a_worker_is_told_nothing_of_the_control_plane() -> None:
    files = written_files("worker")
    assert list(kubeadm_documents("worker")) == ["JoinConfiguration"]
    assert not [path for path in files if "publish" in path]
    script = files["/opt/canal-aws/bootstrap.sh"]
    assert "kubeadm init" not in script
    assert "CONTROL_PLANE_JOIN_PARAMETER" not in script


def test_only_nodes_with_a_planned_pod_cidr_claim_one() -> None:
    path = "/opt/canal-aws/bootstrap.sh"
    for role in ROLES:
        assert "pod-cidr" not in written_files(role)[path]
        assert "pod-cidr" in written_files(role, **PLANNED)[path]


def test_each_role_may_use_the_parameters_that_its_scripts_name_and_no_more() -> None:
    names = {"kubeconfig_parameter": "/k", "join_parameter": "/j", "control_plane_join_parameter": "/c"}
    assert parameter_actions("worker", **names) == {"/j": ("ssm:GetParameter",)}
    both = ("ssm:GetParameter", "ssm:PutParameter")
    assert parameter_actions("control-plane", **names) == {"/k": both, "/j": both, "/c": both}
