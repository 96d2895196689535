"""The add-ons: accepted by real API servers, in the node's network, and with no more rights than they use."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from canal_aws.manifests import Manifest, identity
from canal_aws.manifests.add_ons import AddOnError, cloud_controller_manager, ebs_csi_driver
from tests.manifests.server_side_apply import KubeApi, missing

CLUSTER = "dev"


def both(kubernetes_version: str = "1.36.3", control_plane_nodes: int = 3) -> tuple[Manifest, ...]:
    return (
        *cloud_controller_manager(kubernetes_version=kubernetes_version, cluster_name=CLUSTER),
        *ebs_csi_driver(
            cluster_name=CLUSTER,
            control_plane_nodes=control_plane_nodes,
            volume_tags={"canal-aws:stack": "organization/canal-aws/dev"},
        ),
    )


def named(name: str, objects: tuple[Manifest, ...] | None = None) -> Manifest:
    (found,) = (
        item
        for item in objects or both()
        if item["metadata"]["name"] == name and item["kind"] in ("DaemonSet", "Deployment")
    )
    return found


def pods() -> dict[str, Any]:
    return {
        item["metadata"]["name"]: item["spec"]["template"]["spec"]
        for item in both()
        if item["kind"] in ("DaemonSet", "Deployment")
    }


@pytest.mark.component
def test_every_object_is_accepted_and_kept_as_it_is(canal_api: KubeApi) -> None:
    for built in both():
        assert missing(built, canal_api.apply(built)) == [], identity(built)


@pytest.mark.parametrize(("release", "version"), [("1.36.3", "v1.36.1"), ("1.35.4", "v1.35.2")])
def test_the_cloud_controller_manager_is_of_the_clusters_minor(release: str, version: str) -> None:
    manager = named("aws-cloud-controller-manager", both(release))
    (container,) = manager["spec"]["template"]["spec"]["containers"]
    assert container["image"].endswith(f":{version}")
    assert "--configure-cloud-routes=false" in container["args"]


def test_a_minor_without_one_is_refused() -> None:
    with pytest.raises(AddOnError, match=r"kubernetesVersion 1\.37\.0: no cloud controller manager is pinned"):
        both("1.37.0")


@pytest.mark.parametrize("name", ["aws-cloud-controller-manager", "ebs-csi-controller"])
def test_whoever_asks_aws_runs_where_the_role_with_the_rights_is(name: str) -> None:
    pod = pods()[name]
    assert "node-role.kubernetes.io/control-plane" in pod["nodeSelector"]
    assert {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"} in pod["tolerations"]


def test_all_of_them_reach_the_metadata_service_at_a_hop_limit_of_one() -> None:
    assert {name: pod["hostNetwork"] for name, pod in pods().items()} == dict.fromkeys(pods(), True)


def test_in_the_nodes_network_they_listen_on_loopback_on_ports_of_their_own() -> None:
    listening = Counter[str]()
    for pod in pods().values():
        for container in pod["containers"]:
            assert "ports" not in container
            listening.update(arg.split("=")[1] for arg in container["args"] if arg.startswith("--http-endpoint="))
            for probe in ("livenessProbe", "readinessProbe"):
                http = container.get(probe, {}).get("httpGet")
                assert http is None or http["host"] == "127.0.0.1"
    assert listening == {"127.0.0.1:9808": 1, "127.0.0.1:9809": 1}


@pytest.mark.parametrize(("control_plane_nodes", "replicas"), [(1, 1), (3, 2), (5, 2)])
def test_a_replica_of_the_volume_controller_has_a_control_plane_node_to_itself(
    control_plane_nodes: int, replicas: int
) -> None:
    controller = named("ebs-csi-controller", both(control_plane_nodes=control_plane_nodes))["spec"]
    assert controller["replicas"] == replicas
    assert controller["strategy"]["rollingUpdate"]["maxSurge"] == 0
    affinity = controller["template"]["spec"]["affinity"]["podAntiAffinity"]
    assert affinity["requiredDuringSchedulingIgnoredDuringExecution"][0]["topologyKey"] == "kubernetes.io/hostname"


def test_volumes_are_known_by_cluster_and_stack() -> None:
    (driver, *_) = pods()["ebs-csi-controller"]["containers"]
    assert "--k8s-tag-cluster-id=dev" in driver["args"]
    assert "--extra-tags=canal-aws:stack=organization/canal-aws/dev" in driver["args"]


def test_no_role_has_a_wildcard_and_no_node_can_change_another() -> None:
    for item in both():
        for rule in item.get("rules", []):
            assert "*" not in (*rule["verbs"], *rule["resources"], *rule["apiGroups"])
            if item["metadata"]["name"] == "ebs-csi-node":
                assert set(rule["verbs"]) <= {"get", "list", "watch"}


def test_the_storage_class_is_an_offer() -> None:
    (offer,) = (item for item in both() if item["kind"] == "StorageClass")
    assert "annotations" not in offer["metadata"]  # no storageclass.kubernetes.io/is-default-class
    assert offer["parameters"] == {"type": "gp3", "encrypted": "true"}
