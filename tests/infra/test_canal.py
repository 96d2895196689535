"""Canal's objects as resources: all of them, in an order that works, gone with the control plane."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from canal_aws.manifests import ClusterNetwork, pod_cidr_policy
from canal_aws.manifests import build as manifests
from tests.infra.program import ALLOWED_CIDR, Program, Registered, build, run
from tests.infra.shapes import each_architecture


def identities(resources: Iterable[Any]) -> list[tuple[str, str]]:
    return sorted((each.inputs["kind"], each.inputs["metadata"]["name"]) for each in resources)


def on_kubernetes(program: Program) -> list[Registered]:
    return [each for each in program.registered if each.type.startswith("kubernetes:")]


@each_architecture
def test_every_manifest_is_a_resource_of_its_own(architecture: Any) -> None:
    program = build(canal=True, architecture=architecture.name)
    objects = on_kubernetes(program)
    expected = [*manifests(architecture, ClusterNetwork("10.128.0.0/13", "10.96.0.0/16"))]
    if architecture.plans_pod_cidrs:
        expected += pod_cidr_policy({})
    assert identities(objects) == sorted((item["kind"], item["metadata"]["name"]) for item in expected)


def test_the_plan_of_pod_cidrs_is_every_nodes_own_tag_and_changes_in_place() -> None:
    program = build(canal=True, architecture="native-routes")
    plan = program.of("ConfigMap")["configmap-canal-aws-pod-cidrs"].inputs["data"]
    tags = [each.inputs["tags"] for each in program.of("Instance").values()]
    assert plan == {each["canal-aws:node"]: each["canal-aws:pod-cidr"] for each in tags}
    (provider,) = (each for each in program.registered if each.type == "pulumi:providers:kubernetes")
    assert json.loads(provider.inputs["enableConfigMapMutable"]) is True
    policy = {each.urn for each in on_kubernetes(program) if "pod-cidrs" in each.name}
    assert len(policy) == 3
    assert policy <= program.of("DaemonSet")["daemonset-canal"].depends_on


def test_add_ons_come_when_they_are_asked_for() -> None:
    plain = on_kubernetes(build(canal=True))
    program = build(canal=True, cloudControllerManager=True, ebsCsiDriver=True)
    names = {each.name for each in on_kubernetes(program)} - {each.name for each in plain}
    assert {"daemonset-aws-cloud-controller-manager", "deployment-ebs-csi-controller", "storageclass-gp3"} <= names
    config = program.of("ConfigMap")["configmap-aws-cloud-config"].inputs["data"]["cloud.conf"]
    assert config.splitlines() == ["[Global]", 'KubernetesClusterID = "dev"']
    (driver, *_) = program.of("Deployment")["deployment-ebs-csi-controller"].inputs["spec"]["template"]["spec"][
        "containers"
    ]
    assert "--extra-tags=canal-aws:stack=organization/canal-aws/dev" in driver["args"]


def test_past_the_mesh_control_plane_nodes_reflect_peerings_first_and_mesh_off_last() -> None:
    program = run(
        {
            "architecture": "calico-ipip",
            "apiAllowedCidrs": [ALLOWED_CIDR],
            "workersPerZone": 33,
            "controlPlaneNodes": 3,
        },
        canal=True,
    )
    (peering,), nodes, (mesh,) = (
        list(program.of(kind).values()) for kind in ("BGPPeer", "NodePatch", "BGPConfigurationPatch")
    )
    # Each registers once its own wait has ended: in which order is chance.
    assert sorted(each.name for each in nodes) == [f"node-control-plane-{index}" for index in range(3)]
    assert {each.urn for each in program.of("CustomResourceDefinition").values()} <= peering.depends_on
    for each in nodes:
        assert peering.urn in each.depends_on
        assert each.inputs["metadata"]["labels"] == {"route-reflector": "true"}
    assert {each.urn for each in nodes} <= mesh.depends_on
    assert mesh.inputs["spec"] == {"nodeToNodeMeshEnabled": False}
    # A patch is for one instance of that name, and is made anew for the next.
    instances = program.of("Instance")
    for each in nodes:
        name = each.inputs["metadata"]["name"]
        assert each.inputs["metadata"]["annotations"]["canal-aws/instance-id"] == instances[name].id


@pytest.mark.parametrize(("workers_per_zone", "wait"), [(2, "17m"), (33, "110m")])
def test_a_rollout_that_takes_one_node_at_a_time_is_waited_for_on_all_of_them(workers_per_zone: int, wait: str) -> None:
    """Past ten minutes the provider itself gives up, and maxUnavailable is 1."""
    program = build(canal=True, workersPerZone=workers_per_zone, cloudControllerManager=True, ebsCsiDriver=True)
    sets = program.of("DaemonSet")
    assert "daemonset-canal" in sets
    assert {each.timeouts for each in sets.values()} == {(wait, wait, "")}
    others = [each for each in on_kubernetes(program) if each.name not in sets]
    assert {each.timeouts for each in others} == {("", "", "")}, "theirs do not grow with the nodes"


@pytest.mark.parametrize(("architecture", "workers_per_zone"), [("calico-ipip", 33), ("flannel-vxlan", 40)])
def test_a_mesh_within_its_limit_and_flannel_need_no_reflectors(architecture: str, workers_per_zone: int) -> None:
    """100 nodes, and 121 without BGP."""
    program = build(canal=True, architecture=architecture, workersPerZone=workers_per_zone)
    assert not any(program.of(kind) for kind in ("BGPPeer", "NodePatch", "BGPConfigurationPatch"))


@each_architecture
def test_all_of_it_goes_with_the_control_plane_without_asking_its_api(architecture: Any) -> None:
    program = build(canal=True, architecture=architecture.name)
    control_plane = program.of("Instance")["control-plane-0"].urn
    objects = [each for each in program.registered if "kubernetes" in each.type]
    assert "pulumi:providers:kubernetes" in {each.type for each in objects}
    assert {each.deleted_with for each in objects} == {control_plane}


@each_architecture
def test_workloads_come_after_what_they_need_and_pools_after_their_definition(architecture: Any) -> None:
    program = build(canal=True, architecture=architecture.name)
    definitions = {each.urn for each in program.of("CustomResourceDefinition").values()}
    for workload in (*program.of("DaemonSet").values(), *program.of("Deployment").values()):
        needed = {
            each.urn
            for each in program.registered
            if each.type.startswith("kubernetes:") and each.type.rsplit(":", 1)[1] not in ("DaemonSet", "Deployment")
        }
        assert needed - workload.depends_on <= {each.urn for each in program.of("PodDisruptionBudget").values()}
    for pool in program.of("IPPool").values():
        assert definitions <= pool.depends_on
    assert bool(program.of("IPPool")) is not hasattr(architecture.networking, "backend")


def test_no_part_of_it_depends_on_the_control_plane_so_that_replacing_a_node_leaves_it_alone() -> None:
    program = build(canal=True)
    instances = {each.urn for each in program.of("Instance").values()}
    provider = next(each for each in program.registered if each.type == "pulumi:providers:kubernetes")
    assert provider.inputs["kubeconfig"]
    assert not provider.depends_on & instances
