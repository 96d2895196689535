"""Calico's own resources: address pools, and who tells whom the routes."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.doctor import repairs
from canal_aws.doctor.cluster import CalicoObjects, ClusterNodes
from canal_aws.doctor.wanted import Wanted
from canal_aws.manifests.route_reflectors import CLUSTER_ID, LABEL, RouteReflectors
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

_MESH = "nodeToNodeMeshEnabled"
_POOLS, _PEERS, _BGP = (f"{kind}.crd.projectcalico.org" for kind in ("ippools", "bgppeers", "bgpconfigurations"))


@check("ip-pools", group="calico", source="canal_aws.manifests.ip_pool; Calico documentation, IP pool")
def ip_pools(wanted: Wanted, calico: CalicoObjects) -> Iterator[Finding]:
    """The architecture's IPPool is as built; other pools are named."""
    built = {each["metadata"]["name"]: each["spec"] for each in wanted.manifests if each["kind"] == "IPPool"}
    for name, wants in built.items():
        has = calico.ip_pools.get(name)
        if has is None:
            yield fails(f"IPPool {name}: not there, so pods get no addresses", repairs.UP)
            continue
        differing = [key for key in wants if has.get(key) != wants[key]]
        for key in differing:
            yield fails(
                f"IPPool {name}: {key} {has.get(key, 'unset')}, wanted {wants[key]}",
                repairs.patch(_POOLS, name, {"spec": {key: wants[key]}}),
            )
        if has.get("disabled"):
            yield fails(
                f"IPPool {name}: disabled, so no node gets a new block of addresses",
                repairs.patch(_POOLS, name, {"spec": {"disabled": False}}),
            )
        elif not differing:
            yield ok(f"IPPool {name}: {has['cidr']}, ipipMode {has['ipipMode']}")
    for name in sorted(calico.ip_pools.keys() - built.keys()):
        cidr = calico.ip_pools[name].get("cidr", "no cidr")
        yield warning(
            f"IPPool {name} ({cidr}): not the program's",
            f"nothing where it is meant, else `kubectl delete {_POOLS} {name}`",
        )


@check(
    "bgp-sessions-as-planned",
    group="calico",
    source="Calico documentation, Configure BGP peering; canal_aws.manifests.route_reflectors",
)
def bgp(wanted: Wanted, calico: CalicoObjects, nodes: ClusterNodes) -> Iterator[Finding]:
    """Nodes learn routes from a full mesh or, past its limit, from the reflectors, and never from neither."""
    if wanted.architecture.mesh_limit is None:
        return
    mesh = calico.bgp_configurations.get("default", {}).get(_MESH, True)
    reflectors = wanted.reflectors
    if reflectors is None:
        if mesh is False:
            yield fails(
                f"BGPConfiguration default: {_MESH} false, and {len(wanted.plan.nodes)} nodes have no reflectors",
                repairs.patch(_BGP, "default", {"spec": {_MESH: True}}),
            )
        else:
            yield ok(f"{len(wanted.plan.nodes)} nodes in a full mesh")
        return
    yield from _peerings(reflectors, calico)
    yield from _reflecting(reflectors, nodes)
    if mesh is not False:
        yield fails(f"BGPConfiguration default: {_MESH} {mesh}, wanted false beside reflectors", _mesh_off(calico))


def _peerings(reflectors: RouteReflectors, calico: CalicoObjects) -> Iterator[Finding]:
    for peering in reflectors.peerings:
        name, wants = peering["metadata"]["name"], peering["spec"]
        has = calico.bgp_peers.get(name)
        if has is None:
            yield fails(f"BGPPeer {name}: not there", repairs.UP)
            continue
        differing = {key: value for key, value in wants.items() if has.get(key) != value}
        if differing:
            yield fails(
                f"BGPPeer {name}: {', '.join(f'{key} {has.get(key)!r}, wanted {differing[key]!r}' for key in differing)}",
                repairs.patch(_PEERS, name, {"spec": differing}),
            )


def _reflecting(reflectors: RouteReflectors, nodes: ClusterNodes) -> Iterator[Finding]:
    there = {node.name: node for node in nodes.items}
    for wants in reflectors.nodes:
        name, cluster_id = wants["metadata"]["name"], wants["metadata"]["annotations"][CLUSTER_ID]
        node = there.get(name)
        if node and (node.labels.get(LABEL) != "true" or node.annotations.get(CLUSTER_ID) != cluster_id):
            metadata = {"labels": {LABEL: "true"}, "annotations": {CLUSTER_ID: cluster_id}}
            yield fails(
                f"Node {name}: is no route reflector (label {LABEL}, annotation {CLUSTER_ID})",
                repairs.patch("node", name, {"metadata": metadata}),
            )


def _mesh_off(calico: CalicoObjects) -> str:
    there = "default" in calico.bgp_configurations
    return repairs.patch(_BGP, "default", {"spec": {_MESH: False}}) if there else repairs.UP
