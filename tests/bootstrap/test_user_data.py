"""What EC2 and cloud-init are handed, and the limits that it has to respect."""

from __future__ import annotations

import gzip
import os
import secrets
from pathlib import Path

import pytest
import yaml

from canal_aws.bootstrap import (
    EC2_LIMIT_BYTES,
    BootstrapError,
    account_actions,
    check_size,
    parameter_actions,
    readable,
    snapshot_actions,
    user_data,
)
from canal_aws.bootstrap.kubeadm import init_documents
from canal_aws.bootstrap.render import TARGET_BYTES
from tests.bootstrap.specs import PLANNED, config, kubeadm_documents, spec, written_files

GOLDEN = Path(__file__).parent / "golden"
_BOOTSTRAP = "/opt/canal-aws/bootstrap.sh"
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


def test_the_api_server_finds_each_file_that_its_flags_name() -> None:
    files = written_files("control-plane")
    server = kubeadm_documents("control-plane")["ClusterConfiguration"]["apiServer"]
    flags = {entry["name"]: entry["value"] for entry in server["extraArgs"]}
    mounted = {volume["mountPath"]: volume for volume in server["extraVolumes"]}
    assert all(volume["hostPath"] == path for path, volume in mounted.items())
    folder = mounted["/etc/canal-aws/api-server"]
    assert (folder["readOnly"], folder["pathType"]) == (True, "Directory")
    assert flags["audit-policy-file"] in files
    assert "/".join(flags["audit-log-path"].split("/")[:-1]) in mounted
    # The one that no user data may hold.
    assert flags["encryption-provider-config"] == "/etc/canal-aws/api-server/encryption.yaml"
    assert flags["encryption-provider-config"] not in files
    assert flags["encryption-provider-config"] in files["/opt/canal-aws/bootstrap.sh"]


def test_audit_logs_are_bounded_and_never_hold_a_body() -> None:
    server = kubeadm_documents("control-plane")["ClusterConfiguration"]["apiServer"]
    flags = {entry["name"]: int(entry["value"]) for entry in server["extraArgs"] if "max" in entry["name"]}
    assert flags == {"audit-log-maxsize": 100, "audit-log-maxbackup": 10, "audit-log-maxage": 30}
    policy = yaml.safe_load(written_files("control-plane")["/etc/canal-aws/api-server/audit-policy.yaml"])
    assert {rule["level"] for rule in policy["rules"]} == {"None", "Metadata"}
    secret = next(rule for rule in policy["rules"] if "secrets" in str(rule))
    reads = next(rule for rule in policy["rules"] if rule.get("verbs") == ["get", "list", "watch"])
    assert policy["rules"].index(secret) < policy["rules"].index(reads), "reading a Secret is an event"


def test_without_a_parameter_for_its_key_nothing_is_encrypted_nor_asked_for() -> None:
    server = kubeadm_documents("control-plane", encryption_key_parameter="")["ClusterConfiguration"]["apiServer"]
    assert "encryption" not in str(server["extraArgs"])
    assert "EncryptionConfiguration" not in written_files("control-plane", encryption_key_parameter="")[_BOOTSTRAP]


def test_on_flatcar_nothing_is_written_below_usr() -> None:
    documents = kubeadm_documents("control-plane")
    flatcar = {each["kind"]: each for each in init_documents(spec("control-plane", operating_system="flatcar"))}
    plugins = flatcar["KubeletConfiguration"]["volumePluginDir"]
    manager = {e["name"]: e["value"] for e in flatcar["ClusterConfiguration"]["controllerManager"]["extraArgs"]}
    assert manager["flex-volume-plugin-dir"] == plugins
    assert plugins.startswith("/opt/")
    assert "volumePluginDir" not in documents["KubeletConfiguration"]


def test_timeouts_outlast_a_load_balancer_that_is_new() -> None:
    """An NLB's targets take minutes until they are healthy."""
    for document in (*kubeadm_documents("control-plane").values(), *kubeadm_documents("worker").values()):
        for name, value in document.get("timeouts", {}).items():
            assert int(value.removesuffix("m0s")) >= 5, name


def test_snapshots_are_taken_where_there_is_a_bucket() -> None:
    units = [path for path in written_files("control-plane", snapshot_hours=6) if "snapshot" in path]
    assert len(units) == 3
    timer = written_files("control-plane", snapshot_hours=6)["/etc/systemd/system/canal-aws-snapshot.timer"]
    assert "OnUnitActiveSec=6h" in timer
    none = written_files("control-plane", snapshot_bucket="")
    assert not [path for path in none if "snapshot" in path or "restore" in path]
    assert "canal-aws-snapshot" not in none[_BOOTSTRAP]
    with pytest.raises(BootstrapError, match="snapshot_hours = 0"):
        spec("control-plane", snapshot_hours=0)


def test_each_role_may_use_the_parameters_that_its_scripts_name_and_no_more() -> None:
    names = {"kubeconfig_parameter": "/k", "join_parameter": "/j", "control_plane_join_parameter": "/c"}
    assert parameter_actions("worker", **names, encryption_key_parameter="/e") == {"/j": ("ssm:GetParameter",)}
    both = ("ssm:GetParameter", "ssm:PutParameter")
    assert parameter_actions("control-plane", **names, encryption_key_parameter="/e") == {
        "/k": both,
        "/j": both,
        "/c": both,
        "/e": both,
    }
    assert account_actions("control-plane") == ("ec2:DescribeInstances",)
    assert account_actions("worker") == ()
    assert snapshot_actions("worker") == {}
    assert set(snapshot_actions("control-plane")) == {"", "/etcd/*"}
