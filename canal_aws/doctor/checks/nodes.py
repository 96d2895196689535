"""Kubernetes' Nodes against the instances and the plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from ipaddress import IPv4Network, ip_network

from canal_aws.doctor import repairs
from canal_aws.doctor.cluster import ClusterNodes
from canal_aws.doctor.instances import Machines
from canal_aws.doctor.wanted import Now, Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: kubernetes/cloud-provider, api/well_known_taints.go: a kubelet sets it, a cloud controller manager takes it away.
_UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
_BOOTSTRAP = "canal-aws-bootstrap"


@check("nodes-ready", group="nodes", source="Kubernetes documentation, Node Status: conditions")
def nodes_ready(wanted: Wanted, nodes: ClusterNodes, now: Now) -> Iterator[Finding]:
    """Each Node is Ready and schedulable, and its network is available."""
    ready = 0
    for node in nodes.items:
        status, reason, message = node.conditions.get("Ready", ("Unknown", "", "its kubelet has never said"))
        if status != "True":
            said = f"Node {node.name}: Ready {status}, {reason or 'no reason'}: {message or 'no message'}"
            yield _unless_new(said, _not_ready(wanted, node.name, node.instance_id), node.created, wanted, now)
        else:
            ready += 1
        status, reason, message = node.conditions.get("NetworkUnavailable", ("False", "", ""))
        if status == "True":
            said = f"Node {node.name}: NetworkUnavailable, {reason or 'no reason'}: {message or 'no message'}"
            way_out = f"`kubectl -n kube-system get pods -o wide --field-selector spec.nodeName={node.name}` shows Canal there"
            yield _unless_new(said, way_out, node.created, wanted, now)
        if node.unschedulable:
            yield warning(f"Node {node.name}: cordoned", f"`kubectl uncordon {node.name}` once nobody drains it")
    yield ok(f"{ready} of {len(nodes.items)} Nodes are Ready")


def _not_ready(wanted: Wanted, name: str, instance_id: str) -> str:
    return f"`kubectl describe node {name}`; {repairs.session(instance_id or name, 'kubelet')}; {repairs.roll(wanted, name)}"


@check("nodes-and-instances", group="nodes", source="Kubernetes documentation, Nodes: providerID")
def nodes_and_instances(wanted: Wanted, nodes: ClusterNodes, machines: Machines, now: Now) -> Iterator[Finding]:
    """Each Node has its instance, and each running instance of the plan its Node."""
    instances = {machine.name: machine for machine in machines.items if machine.running}
    ids = {machine.id for machine in machines.items}
    for node in nodes.items:
        machine = instances.get(node.name)
        if machine is None and node.instance_id not in ids:
            yield fails(
                f"Node {node.name}: no instance of this stack ({node.provider_id or 'it has no providerID'})",
                f"`kubectl delete node {node.name}`, unless it is a machine of your own",
            )
        elif machine is not None and node.instance_id != machine.id:
            yield fails(
                f"Node {node.name}: providerID {node.provider_id or 'none'}, wanted that of {machine.id}",
                f"`kubectl delete node {node.name}` where that instance is gone; {repairs.roll(wanted, node.name)}",
            )
    names = {node.name for node in nodes.items}
    for planned in wanted.plan.nodes:
        machine = instances.get(planned.name)
        if machine is not None and planned.name not in names:
            way_out = f"{repairs.session(machine.id, _BOOTSTRAP)}; {repairs.roll(wanted, planned.name)}"
            yield _unless_new(f"{machine}: runs and has no Node", way_out, machine.since, wanted, now)


@check("pod-cidrs-of-nodes", group="nodes", source="the address plan; Kubernetes API, NodeSpec: podCIDR is set once")
def pod_cidrs_of_nodes(wanted: Wanted, nodes: ClusterNodes, now: Now) -> Iterator[Finding]:
    """Where pods take addresses from node.spec.podCIDR, each Node has one, its own, and the planned one."""
    architecture = wanted.architecture
    if not (architecture.plans_pod_cidrs or architecture.allocates_node_cidrs):
        return
    held: dict[str, str] = {}
    # Of two that hold the same, the one that it was not planned for has it wrongly.
    for node in sorted(nodes.items, key=lambda each: wanted.pod_cidrs.get(each.name) != each.pod_cidr):
        again = f"podCIDR is set once: {repairs.roll(wanted, node.name)}"
        if not node.pod_cidr:
            yield _unless_new(f"Node {node.name}: no podCIDR", again, node.created, wanted, now)
            continue
        if node.pod_cidr in held:
            yield fails(f"Node {node.name}: podCIDR {node.pod_cidr} is that of {held[node.pod_cidr]} too", again)
        held.setdefault(node.pod_cidr, node.name)
        planned = wanted.pod_cidrs.get(node.name)
        if planned and planned != node.pod_cidr:
            yield fails(f"Node {node.name}: podCIDR {node.pod_cidr}, wanted {planned}", again)
        elif not _within(node.pod_cidr, wanted.settings.pod_cidr):
            yield fails(
                f"Node {node.name}: podCIDR {node.pod_cidr} is outside podCidr {wanted.settings.pod_cidr}", again
            )
    yield ok(f"{len(held)} Nodes have a podCIDR of their own")


def _within(cidr: str, outer: IPv4Network) -> bool:
    inner = ip_network(cidr)
    return isinstance(inner, IPv4Network) and inner.subnet_of(outer)


@check("lingering-taints", group="nodes", source="kubernetes/cloud-provider, api/well_known_taints.go")
def lingering_taints(wanted: Wanted, nodes: ClusterNodes, now: Now) -> Iterator[Finding]:
    """No Node still waits for a cloud controller manager."""
    for node in nodes.items:
        if _UNINITIALIZED in node.taints:
            way_out = (
                "`kubectl -n kube-system logs -l k8s-app=aws-cloud-controller-manager` says why"
                if wanted.settings.cloud_controller_manager
                else f"cloudControllerManager is off: set it and `pulumi up`; to do without: {repairs.roll(wanted, node.name)}"
            )
            yield _unless_new(
                f"Node {node.name}: taint {_UNINITIALIZED} is still there", way_out, node.created, wanted, now
            )


def _unless_new(what: str, way_out: str, since: datetime, wanted: Wanted, now: Now) -> Finding:
    """Drift, unless the node is so new that it may still be starting: as long as `up` waits for the first one."""
    minutes = wanted.settings.kubeconfig_timeout / 60
    if now.hours_since(since) * 60 <= minutes:
        return warning(f"{what} (it is new)", f"look again in {minutes:.0f} minutes; if it stays so: {way_out}")
    return fails(what, way_out)
