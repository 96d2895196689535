"""Three control-plane nodes: they join by themselves, one that dies half-way leaves nothing in the next one's way."""

from __future__ import annotations

import pytest

from canal_aws.sandbox.machines import Machine
from tests.sandbox.machines.cluster import JOIN_SECONDS, Cluster, kubectl, members, objects
from tests.sandbox.machines.waiting import until

pytestmark = pytest.mark.component


@pytest.fixture(scope="module")
def nodes(cluster: Cluster, founder: Machine) -> dict[str, Machine]:
    """Three members, of which the second took the place of one that died in the middle of its join."""
    third = cluster.boot("control-plane", "cp-3", cluster.addresses[2], "cp-3")
    dying = cluster.boot("control-plane", "cp-2", cluster.addresses[1], "cp-2")
    announced = "Announced new etcd member"
    until(lambda: announced in dying.console, JOIN_SECONDS, lambda: third.console + dying.console)
    cluster.terminate(dying)
    # A member that never started has no name: only the look for ended instances, each minute, knows whose it was.
    founder.start_unit("canal-aws-gone.service")
    second = cluster.boot("control-plane", "cp-2b", cluster.addresses[3], "cp-2")
    cluster.wait(second, third)
    return {"cp-1": founder, "cp-2": second, "cp-3": third}


def test_three_members_and_three_api_servers(nodes: dict[str, Machine]) -> None:
    assert members(nodes["cp-1"]) == {"cp-1": True, "cp-2": True, "cp-3": True}
    for machine in nodes.values():
        assert kubectl(machine, "get", "--raw", "/readyz") == "ok"
    (endpoints,) = objects(nodes["cp-3"], "endpointslices", "-l", "kubernetes.io/service-name=kubernetes")
    found = {address for endpoint in endpoints["endpoints"] for address in endpoint["addresses"]}
    assert found == {"10.0.16.10", "10.0.32.77", "10.0.48.10"}


def test_the_first_node_is_replaced_and_never_founds_a_second_cluster(
    cluster: Cluster, nodes: dict[str, Machine]
) -> None:
    before = _identity(nodes["cp-2"])
    cluster.terminate(nodes["cp-1"])
    replacement = cluster.boot("control-plane", "cp-1b", cluster.addresses[0], "cp-1", init=True)
    until(lambda: _forgotten(nodes), JOIN_SECONDS, lambda: replacement.console)
    cluster.wait(replacement)
    assert members(replacement) == {"cp-1": True, "cp-2": True, "cp-3": True}
    assert _identity(replacement) == before
    provider = {node["metadata"]["name"]: node["spec"]["providerID"] for node in objects(replacement, "nodes")}
    assert provider["cp-1"].endswith("/i-cp-1b")


def _identity(machine: Machine) -> str:
    """What another cluster would not have: kube-system's uid."""
    return kubectl(machine, "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")


def _forgotten(nodes: dict[str, Machine]) -> bool:
    """Whether the first instance's Node is gone; looked for as the timers do each minute, but again at once.

    A look fails while etcd elects another leader.
    """
    for name in ("cp-2", "cp-3"):
        nodes[name].start_unit("canal-aws-gone.service")
    until(lambda: all(nodes[name].units["canal-aws-gone.service"] != "activating" for name in ("cp-2", "cp-3")), 60.0)
    provider = kubectl(nodes["cp-2"], "get", "node", "cp-1", "-o", "jsonpath={.spec.providerID}", "--ignore-not-found")
    return not provider.endswith("/i-cp-1")
