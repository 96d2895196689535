"""What must hold of the objects whatever they say in detail."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import architectures
from architectures import ARCHITECTURES, CALICO_IPIP, Architecture, CalicoBird, Flannel, PodAddresses
from canal_aws.manifests import ClusterNetwork, ClusterNetworkError, Manifest, build, identity, render_yaml

NETWORK = ClusterNetwork(pod_cidr="10.128.0.0/13", service_cidr="10.96.0.0/16")
ON_EACH = pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda item: item.name)
POD_MTU = {"flannel-vxlan": "8951", "calico-ipip": "8981", "native-routes": "9001"}


def one(objects: tuple[Manifest, ...], kind: str) -> Manifest:
    (found,) = [item for item in objects if item["kind"] == kind]
    return found


def pods(objects: tuple[Manifest, ...]) -> list[Manifest]:
    return [item["spec"]["template"]["spec"] for item in objects if item["kind"] in ("DaemonSet", "Deployment")]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def container(objects: tuple[Manifest, ...], name: str) -> Manifest:
    (found,) = [item for pod in pods(objects) for item in containers(pod) if item["name"] == name]
    return found


def environment(item: Manifest) -> dict[str, Any]:
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in item["env"]}


@ON_EACH
def test_each_object_has_an_identity_of_its_own(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    assert all(all((item["apiVersion"], item["kind"], item["metadata"]["name"])) for item in objects)
    assert [key for key, count in Counter(identity(item) for item in objects).items() if count > 1] == []


@ON_EACH
def test_nothing_stands_before_what_it_needs(architecture: Architecture) -> None:
    kinds = [item["kind"] for item in build(architecture, NETWORK)]
    order = [
        "CustomResourceDefinition",
        "ServiceAccount",
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "IPPool",
        "DaemonSet",
    ]
    positions = [kinds.index(kind) for kind in order if kind in kinds]
    assert positions == sorted(positions)
    assert kinds.count("CustomResourceDefinition") == 23


@ON_EACH
def test_volumes_are_defined_and_mounted(architecture: Architecture) -> None:
    pod = one(build(architecture, NETWORK), "DaemonSet")["spec"]["template"]["spec"]
    defined = [volume["name"] for volume in pod["volumes"]]
    mounted = {item["name"] for each in containers(pod) for item in each["volumeMounts"]}
    assert sorted(defined) == sorted(mounted)


@ON_EACH
def test_accounts_exist_and_each_has_a_role(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    accounts = {item["metadata"]["name"] for item in objects if item["kind"] == "ServiceAccount"}
    roles = {item["metadata"]["name"] for item in objects if item["kind"] == "ClusterRole"}
    bindings = [item for item in objects if item["kind"] == "ClusterRoleBinding"]
    subjects = {s["name"] for item in bindings for s in item["subjects"] if s["kind"] == "ServiceAccount"}
    assert {pod["serviceAccountName"] for pod in pods(objects)} <= accounts
    assert subjects == accounts
    assert {item["roleRef"]["name"] for item in bindings} == roles
    # The tokens that calico-node fetches for the CNI plugin are of accounts that exist.
    named = {
        name
        for item in objects
        if item["kind"] == "ClusterRole"
        for rule in item["rules"]
        for name in rule.get("resourceNames", [])
    }
    assert named <= accounts


@ON_EACH
def test_referenced_keys_are_in_the_config_map(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    config = one(objects, "ConfigMap")
    references = [
        variable["valueFrom"]["configMapKeyRef"]
        for pod in pods(objects)
        for item in containers(pod)
        for variable in item.get("env", [])
        if "configMapKeyRef" in variable.get("valueFrom", {})
    ]
    assert references
    for reference in references:
        assert reference["name"] == config["metadata"]["name"]
        assert reference["key"] in config["data"]


@ON_EACH
def test_conflist_is_json_once_it_is_filled_in(architecture: Architecture) -> None:
    data = one(build(architecture, NETWORK), "ConfigMap")["data"]
    text = data["cni_network_config"].replace("__CNI_MTU__", data["veth_mtu"])
    calico, portmap = json.loads(text)["plugins"]
    assert calico["mtu"] == int(POD_MTU[architecture.name])
    by_calico = architecture.pod_addresses is PodAddresses.CALICO_IPAM
    assert calico["ipam"]["type"] == ("calico-ipam" if by_calico else "host-local")
    assert portmap["capabilities"] == {"portMappings": True}


@ON_EACH
def test_pods_get_what_the_largest_header_leaves(architecture: Architecture) -> None:
    assert one(build(architecture, NETWORK), "ConfigMap")["data"]["veth_mtu"] == POD_MTU[architecture.name]


@ON_EACH
def test_flannel_runs_where_flannel_networks(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    names = {item["name"] for pod in pods(objects) for item in containers(pod)}
    networking = architecture.networking
    assert ("kube-flannel" in names) == isinstance(networking, Flannel)
    if isinstance(networking, Flannel):
        net_conf = json.loads(one(objects, "ConfigMap")["data"]["net-conf.json"])
        assert net_conf == {"Network": "10.128.0.0/13", "Backend": {"Type": networking.backend}}
        assert "--ip-blackhole-route" in container(objects, "kube-flannel")["command"]


@ON_EACH
def test_only_one_of_felix_and_flannel_masquerades(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    assert environment(container(objects, "calico-node"))["NO_DEFAULT_POOLS"] == "true"
    pools = [item for item in objects if item["kind"] == "IPPool"]
    by_felix = [pool for pool in pools if pool["spec"]["natOutgoing"]]
    by_flannel = isinstance(architecture.networking, Flannel)
    assert len(by_felix) + by_flannel == 1


@ON_EACH
def test_the_pool_says_how_calico_routes(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    networking = architecture.networking
    if not isinstance(networking, CalicoBird):
        assert all(item["kind"] != "IPPool" for item in objects)
        return
    spec = one(objects, "IPPool")["spec"]
    assert (spec["cidr"], spec["ipipMode"], spec["vxlanMode"]) == ("10.128.0.0/13", "CrossSubnet", "Never")
    node = container(objects, "calico-node")
    assert "-bird-ready" in node["readinessProbe"]["exec"]["command"]
    assert environment(node)["IP"] == "autodetect"


def test_in_one_pass_calico_node_makes_the_same_pool() -> None:
    spec = one(build(CALICO_IPIP, NETWORK), "IPPool")["spec"]
    objects = build(CALICO_IPIP, NETWORK, one_pass=True)
    assert all(item["kind"] != "IPPool" for item in objects)
    variables = environment(container(objects, "calico-node"))
    assert "NO_DEFAULT_POOLS" not in variables
    told = {name.removeprefix("CALICO_IPV4POOL_"): value for name, value in variables.items() if "IPV4POOL" in name}
    assert told == {
        "CIDR": spec["cidr"],
        "BLOCK_SIZE": str(spec["blockSize"]),
        "IPIP": spec["ipipMode"],
        "VXLAN": spec["vxlanMode"],
        "NAT_OUTGOING": str(spec["natOutgoing"]).lower(),
    }


@pytest.mark.parametrize("name", ["flannel-vxlan", "native-routes"])
def test_where_there_is_no_pool_one_pass_changes_nothing(name: str) -> None:
    architecture = architectures.get(name)
    assert build(architecture, NETWORK, one_pass=True) == build(architecture, NETWORK)


@ON_EACH
def test_the_config_map_says_which_architecture_it_is(architecture: Architecture) -> None:
    data = one(build(architecture, NETWORK), "ConfigMap")["data"]
    assert next(iter(data.items())) == ("architecture", architecture.name)


@ON_EACH
def test_the_source_dest_check_is_left_to_pulumi(architecture: Architecture) -> None:
    """With FELIX_AWSSRCDSTCHECK=Disable a node is not Ready before an EC2 call that it has no right to make."""
    assert "FELIX_AWSSRCDSTCHECK" not in environment(container(build(architecture, NETWORK), "calico-node"))


@ON_EACH
def test_callers_may_change_what_they_get(architecture: Architecture) -> None:
    before = render_yaml(build(architecture, NETWORK))
    for item in build(architecture, NETWORK):
        _wreck(item)
    assert render_yaml(build(architecture, NETWORK)) == before


def _wreck(value: Any) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _wreck(inner)
        value["wrecked"] = True
    elif isinstance(value, list):
        for inner in value:
            _wreck(inner)
        value.append("wrecked")


@ON_EACH
def test_yaml_reads_back_as_the_same_objects(architecture: Architecture) -> None:
    objects = build(architecture, NETWORK)
    text = render_yaml(objects)
    assert tuple(yaml.safe_load_all(text)) == objects
    assert text == render_yaml(build(architecture, NETWORK))
    assert text.startswith("---\n")


def test_building_needs_neither_pulumi_nor_aws() -> None:
    program = "import sys, canal_aws.manifests; print({'pulumi', 'boto3', 'requests'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@given(st.sampled_from(ARCHITECTURES), st.integers(8, 22), st.integers(0, 255), st.integers(1280, 9001))
def test_any_network_reaches_the_objects(architecture: Architecture, prefix: int, second: int, link_mtu: int) -> None:
    pod_cidr = f"10.{second & ~((1 << max(0, 16 - prefix)) - 1) & 0xFF}.0.0/{prefix}"
    objects = build(architecture, ClusterNetwork(pod_cidr, "192.168.0.0/20", link_mtu=link_mtu))
    data = one(objects, "ConfigMap")["data"]
    assert int(data["veth_mtu"]) == architecture.pod_mtu(link_mtu)
    cidrs = [json.loads(data["net-conf.json"])["Network"]] if "net-conf.json" in data else []
    cidrs += [item["spec"]["cidr"] for item in objects if item["kind"] == "IPPool"]
    assert cidrs == [pod_cidr]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"pod_cidr": "10.128.0.1/13"}, "podCidr '10.128.0.1/13' is not an IPv4 network"),
        ({"pod_cidr": "fd00::/48"}, "podCidr 'fd00::/48' is not an IPv4 network"),
        ({"service_cidr": "10.129.0.0/16"}, "overlaps serviceCidr 10.129.0.0/16"),
        ({"pod_cidr": "10.128.0.0/28"}, "smaller than the /26"),
        ({"node_pod_cidr_mask": 12}, "nodePodCidrMask 12 gives no node a share"),
        ({"link_mtu": 68}, "link MTU 68 is not one that EC2 has"),
    ],
)
def test_networks_that_no_cluster_can_have(fields: dict[str, Any], reason: str) -> None:
    given_fields = {"pod_cidr": "10.128.0.0/13", "service_cidr": "10.96.0.0/16"} | fields
    with pytest.raises(ClusterNetworkError, match=reason):
        ClusterNetwork(**given_fields)
