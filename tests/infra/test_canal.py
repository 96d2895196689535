"""Canal's objects as resources: all of them, in an order that works, gone with the control plane."""

from __future__ import annotations

from typing import Any

from canal_aws.manifests import ClusterNetwork
from canal_aws.manifests import build as manifests
from tests.infra.program import build
from tests.infra.shapes import each_architecture


@each_architecture
def test_every_manifest_is_a_resource_of_its_own(architecture: Any) -> None:
    program = build(canal=True, architecture=architecture.name)
    objects = [each for each in program.registered if each.type.startswith("kubernetes:")]
    expected = manifests(architecture, ClusterNetwork("10.128.0.0/13", "10.96.0.0/16"))
    assert {(each.inputs["kind"], each.inputs["metadata"]["name"]) for each in objects} == {
        (manifest["kind"], manifest["metadata"]["name"]) for manifest in expected
    }
    assert len(objects) == len(expected)


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
