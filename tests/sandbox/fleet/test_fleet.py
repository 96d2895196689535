"""The fleet as a process, against the embedded AWS: from instances to a cluster, and to nothing left."""

from __future__ import annotations

import ipaddress
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from canal_aws.sandbox.fleet.errors import ApiError
from canal_aws.sandbox.machines import NamespacesForbidden, namespaces
from tests.sandbox.fleet.fleet_world import KUBECONFIG, PARAMETERS, FleetWorld, eventually, running, server_of

pytestmark = pytest.mark.component
MakeWorld = Callable[..., FleetWorld]


@pytest.fixture
def make_world(kubernetes_bin: Path, tmp_path: Path) -> Iterator[MakeWorld]:
    try:
        namespaces.require()
    except NamespacesForbidden as forbidden:
        pytest.skip(str(forbidden))
    worlds: list[FleetWorld] = []

    def make(public: bool = True) -> FleetWorld:
        worlds.append(FleetWorld(tmp_path, kubernetes_bin, public=public))
        return worlds[-1]

    yield make
    for world in worlds:
        world.end()


def lasting(world: FleetWorld) -> list[int]:
    """The pids of what runs as long as the cluster, once all of it does: a timer's processes come and go."""
    kinds = ("etcd", "kube-apiserver", "kwok", "python")
    named = world.cluster()["processes"]
    pids = [pid for name, pid in named.items() if name.endswith(kinds)]
    return pids if len(pids) == len(kinds) and all(map(running, pids)) else []


def answers(server: str) -> bool:
    """Whether anything listens there."""
    try:
        requests.get(server, verify=False, timeout=2)
    except requests.ConnectionError as error:
        return "CERTIFICATE" in str(error)
    return True


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
def test_a_stack_from_its_first_instance_to_its_last(make_world: MakeWorld) -> None:
    world = make_world()
    init = world.run("control-plane-0", "control-plane", init=True)
    worker = world.run("worker-a-0", "worker")
    kubeconfig = world.founded()
    assert kubeconfig.startswith(f"# written-by: {init}\n")
    # The address of the load balancer as it is, on which the host reaches the API with the kubeconfig as it is.
    address = server_of(kubeconfig).removeprefix("https://").removesuffix(":6443")
    assert address == world.public
    assert ipaddress.ip_address(address).is_loopback

    admin = world.admin()
    eventually(lambda: set(admin.nodes()) == {"control-plane-0", "worker-a-0"}, world.told("both Nodes"))
    eventually(lambda: world.cluster().get("nodes") == ["control-plane-0", "worker-a-0"], "fleet.json")
    cluster = world.cluster()
    assert cluster["state"] == "running"
    assert cluster["machines"]["worker-a-0"] == {"instance": worker, "state": "running"}
    assert "kwok" in cluster["processes"]
    console = world.ec2.get_console_output(InstanceId=init)["Output"]
    assert "control-plane-0 is a node of dev" in console

    # An instance that is gone: its machine ends, the control plane itself deletes the Node.
    world.ec2.terminate_instances(InstanceIds=[worker])
    eventually(lambda: set(admin.nodes()) == {"control-plane-0"}, world.told("the Node gone"))

    # The only control plane is lost, and the parameters are what they were at first: another cluster is founded.
    last = world.run("worker-a-1", "worker")
    world.ec2.terminate_instances(InstanceIds=[init])
    for name in PARAMETERS.values():
        world.ssm.put_parameter(Name=name, Value="placeholder", Type="SecureString", Overwrite=True)
    init = world.run("control-plane-0", "control-plane", init=True)
    assert world.founded() != kubeconfig
    eventually(lambda: world.cluster().get("nodes") == ["control-plane-0", "worker-a-1"], world.told("founded anew"))

    # Without its listener the load balancer answers nobody, though the API server runs.
    (public,) = world.elb.describe_load_balancers(Names=["api-public"])["LoadBalancers"]
    world.elb.delete_load_balancer(LoadBalancerArn=public["LoadBalancerArn"])
    eventually(lambda: not answers(server_of(kubeconfig)), "load balancer gone", 20)

    pids = world.cluster()["pids"]
    world.ec2.terminate_instances(InstanceIds=[init, last])
    eventually(lambda: not any(map(running, pids)), "everything ended with the last instance", 20)
    eventually(lambda: not world.cluster() or world.cluster()["state"] == "gone", "cluster forgotten", 20)
    assert not list((world.folder / "fleet" / "clusters").iterdir())


def test_a_private_api_is_reached_from_inside_the_vpc_only_and_nothing_outlives_a_killed_fleet(
    make_world: MakeWorld,
) -> None:
    world = make_world(public=False)
    world.run("control-plane-0", "control-plane", init=True)
    assert server_of(world.founded()) == f"https://{world.internal}:6443"
    outside = world.admin()
    with pytest.raises(ApiError, match="does not answer"):
        outside.nodes()
    proxy = eventually(lambda: world.state().get("proxy"), "proxy")
    inside = world.admin(proxy)
    assert "control-plane-0" in inside.nodes()

    # An API server that dies is started again by its machine's kubelet, on the same etcd.
    pids = eventually(
        lambda: (found := world.cluster().get("processes", {})) and "kwok" in found and found, "processes written down"
    )
    (api_server,) = (name for name in pids if name.endswith("/kube-apiserver"))
    os.kill(pids[api_server], signal.SIGKILL)
    eventually(lambda: world.cluster()["processes"].get(api_server, pids[api_server]) != pids[api_server], "restart")
    eventually(inside.ready, "API server back")
    assert "control-plane-0" in inside.nodes()

    # The embedded AWS goes away: nothing is concluded from that.
    world.aws_process.kill()
    world.aws_process.wait()
    log = world.folder / "fleet" / "fleet.log"
    eventually(lambda: "the embedded AWS:" in log.read_text(), "failure logged")
    pids = eventually(lambda: lasting(world), "all that lasts runs", 30)
    world.fleet.kill()
    world.fleet.wait()
    eventually(lambda: not any(map(running, pids)), "children gone", seconds=10)


def test_user_data_that_cloud_init_would_refuse_is_said_and_starts_nothing(make_world: MakeWorld) -> None:
    world = make_world()
    world.run("control-plane-0", "control-plane", init=True, content=b"#cloud-config\nwrite_files: [")
    eventually(lambda: world.cluster().get("state") == "refused", world.told("refusal"))
    assert any("control-plane-0" in note for note in world.cluster()["notes"])
    assert world.parameter(KUBECONFIG) == "placeholder"
