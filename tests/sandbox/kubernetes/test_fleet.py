"""The fleet as a process, against the embedded AWS: from instances to a cluster, and to nothing left."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from canal_aws.sandbox.kubernetes.api_client import ApiClient
from tests.sandbox.kubernetes.fleet_world import JOIN, KUBECONFIG, FleetWorld, eventually, running
from tests.sandbox.kubernetes.user_data_samples import cloud_config, documents, join_document

pytestmark = pytest.mark.component

WORKER = cloud_config([join_document()])
MakeWorld = Callable[..., FleetWorld]


@pytest.fixture
def make_world(kubernetes_bin: Path, tmp_path: Path) -> Iterator[MakeWorld]:
    worlds: list[FleetWorld] = []

    def make(*options: str) -> FleetWorld:
        worlds.append(FleetWorld(tmp_path, kubernetes_bin, *options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.end()


def founded(world: FleetWorld) -> str:
    """Parameters, an init instance, and its cluster running with the kubeconfig published; the instance's id."""
    world.make_parameters()
    init = world.run("control-plane-1", "control-plane", cloud_config(), init="true")
    eventually(lambda: world.parameter(KUBECONFIG) != "placeholder", "kubeconfig published")
    # The kubeconfig is published before fleet.json is written: on a busy machine it is there first.
    eventually(lambda: "kube-apiserver" in world.cluster().get("processes", {}), "processes written down")
    return init


def test_a_stack_from_its_first_instance_to_its_last(make_world: MakeWorld) -> None:
    world = make_world()
    # The program may make the parameters after the instance: the node waits for them.
    init = world.run("control-plane-1", "control-plane", cloud_config(), init="true")
    worker = world.run("worker-1", "worker", WORKER, pod_cidr="10.135.9.0/24")
    world.make_parameters()
    eventually(lambda: world.parameter(KUBECONFIG) != "placeholder", "kubeconfig published")

    assert world.parameter(KUBECONFIG).startswith(f"# written-by: {init}\n")
    assert len(world.parameter(KUBECONFIG).encode()) <= 4096
    eventually(lambda: world.parameter(JOIN) != "placeholder", "join material published")
    join = json.loads(world.parameter(JOIN))
    assert join["apiServerEndpoint"] == "nodes.example.com:6443"
    api = ApiClient(*world.client_files())
    token = api.get(f"/api/v1/namespaces/kube-system/secrets/bootstrap-token-{join['token'].partition('.')[0]}")
    assert token["type"] == "bootstrap.kubernetes.io/token"
    config = api.get("/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
    assert "podSubnet: 10.128.0.0/13" in config["data"]["ClusterConfiguration"]

    node = eventually(lambda: api.find("/api/v1/nodes/worker-1"), "worker registered")
    assert node["spec"]["podCIDR"] == "10.135.9.0/24"
    assert node["spec"]["providerID"].endswith(worker)
    taints = api.get("/api/v1/nodes/control-plane-1")["spec"]["taints"]
    assert "node-role.kubernetes.io/control-plane" in [taint["key"] for taint in taints]
    eventually(lambda: world.cluster().get("nodes") == ["control-plane-1", "worker-1"], "fleet.json")

    # a worker that kubeadm would not let join is no Node, and fleet.json says why
    broken = cloud_config([{**join_document(), "nodeRegistrations": {}}])
    world.run("worker-2", "worker", broken)
    noted = eventually(lambda: [n for n in world.cluster()["notes"] if "worker-2" in n], "refusal noted")
    assert "nodeRegistrations" in noted[0]
    assert api.find("/api/v1/nodes/worker-2") is None

    # a replacement: the same name and CIDR, another instance
    world.ec2.terminate_instances(InstanceIds=[worker])
    eventually(lambda: api.find("/api/v1/nodes/worker-1") is None, "Node of the terminated instance gone")
    successor = world.run("worker-1", "worker", WORKER, pod_cidr="10.135.9.0/24")
    node = eventually(lambda: api.find("/api/v1/nodes/worker-1"), "successor registered")
    assert node["spec"]["providerID"].endswith(successor)

    pids = world.cluster()["pids"]
    assert len(pids) == 5
    world.ec2.terminate_instances(InstanceIds=[init])
    eventually(lambda: not any(map(running, pids)), "control plane ended with its last instance")
    eventually(lambda: not world.cluster(), "cluster forgotten")
    assert not list((world.folder / "fleet" / "clusters").iterdir())


def test_dead_api_server_is_restarted_and_the_cluster_keeps_its_objects(make_world: MakeWorld) -> None:
    world = make_world()
    founded(world)
    api = ApiClient(*world.client_files())
    before = world.cluster()["processes"]["kube-apiserver"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: world.cluster().get("processes", {}).get("kube-apiserver", before) != before, "restart")
    eventually(api.ready, "API server back on its port")
    assert api.find("/api/v1/nodes/control-plane-1")
    assert any(f"pid {before}" in note and "restarted" in note for note in world.cluster()["notes"])

    # The embedded AWS goes away: nothing is concluded from that, and SIGTERM still ends everything.
    world.aws_process.kill()
    world.aws_process.wait()
    eventually(lambda: "the embedded AWS:" in world.log(), "failure logged")
    pids = eventually(lambda: world.cluster().get("pids"), "cluster still described")
    assert all(map(running, pids))
    world.fleet.terminate()
    assert world.fleet.wait(30) == 0
    assert not any(map(running, pids))
    assert [path.name for path in (world.folder / "fleet").iterdir()] == ["fleet.log"]


def test_nothing_outlives_a_killed_fleet(make_world: MakeWorld) -> None:
    world = make_world("--no-restart")
    founded(world)
    cluster = world.cluster()
    dead = cluster["processes"]["kube-apiserver"]
    os.kill(dead, signal.SIGKILL)
    eventually(lambda: any("stays dead" in note for note in world.cluster()["notes"]), "death noted")
    assert "kube-apiserver" not in world.cluster()["processes"]
    world.fleet.kill()
    world.fleet.wait()
    eventually(lambda: not any(map(running, cluster["pids"])), "children gone", seconds=5)


def test_user_data_that_kubeadm_refuses_is_said_and_starts_nothing(make_world: MakeWorld) -> None:
    world = make_world()
    world.make_parameters()
    kubeadm = documents()
    kubeadm[1]["networkings"] = {}
    world.run("control-plane-1", "control-plane", cloud_config(kubeadm), init="true")
    eventually(lambda: world.cluster().get("state") == "refused", "refusal")
    assert any('unknown field "networkings"' in note for note in world.cluster()["notes"])
    assert world.cluster()["pids"] == []
    assert world.parameter(KUBECONFIG) == "placeholder"
