"""The changes that a living stack cannot take: `pulumi up` refuses them, and preflight says so beforehand."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.addressing import Kept
from canal_aws.errors import CanalError
from canal_aws.settings import Settings

_NEW_STACK = "make a new stack with `pulumi stack init`, move the workloads there and destroy this one"


class RefusedChange(CanalError):
    """The configuration asks for what a living stack cannot become: `what` and why, and the way out."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(f"{what}; {way_out}")
        self.what = what
        self.way_out = way_out


def refuse_changes(settings: Settings, kept: Kept, zones: tuple[str, ...]) -> None:
    """Raises the first of `refused_changes`."""
    for refused in refused_changes(settings, kept, zones):
        raise refused


def refused_changes(settings: Settings, kept: Kept, zones: tuple[str, ...]) -> Iterator[RefusedChange]:
    """Everything that the configuration asks for in vain; `zones` are the plan's."""
    yield from _another_architecture(settings, kept)
    yield from _other_ranges(settings, kept)
    yield from _fewer_control_plane_nodes(settings, kept)
    yield from _a_control_planes_zone_left(kept, zones)
    yield from _another_minor_release(settings, kept)
    yield from _another_way_to_the_api(settings, kept)
    yield from _another_topology(settings, kept)
    yield from _other_nat_gateways_under_pod_routes(settings, kept)


def _another_architecture(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """Running pods would lose their network."""
    if kept.architecture not in (None, settings.architecture):
        yield RefusedChange(
            f"architecture = {settings.architecture}: this stack runs {kept.architecture}, and flannel and Calico cannot "
            "be switched under running pods",
            f"{_NEW_STACK}, or set architecture = {kept.architecture} again",
        )


# Why each range stays: VPC User Guide, "VPC CIDR blocks" (the primary one cannot be changed; another means another
# VPC); Kubernetes, kube-controller-manager --cluster-cidr and --node-cidr-mask-size (a Node's podCIDR is never changed
# once it is set) and kube-apiserver --service-cluster-ip-range, which kubeadm writes at `init` alone.
_REASONS = {
    "vpcCidr": "a VPC keeps its range: every node would be replaced at once, etcd's data with them",
    "podCidr": "running nodes and pods keep their addresses, and only new nodes would get others",
    "serviceCidr": "the API server keeps what kubeadm gave it, and Services keep their addresses",
    "nodePodCidrMask": "a Node keeps its podCIDR, and the controller manager what kubeadm gave it",
}


def _other_ranges(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """Addresses that are in use would belong to nobody."""
    asked = {
        "vpcCidr": settings.vpc_cidr,
        "podCidr": settings.pod_cidr,
        "serviceCidr": settings.service_cidr,
        "nodePodCidrMask": settings.node_pod_cidr_mask,
    }
    for key, value in asked.items():
        stands = kept.ranges.get(key, str(value))
        if stands != str(value):
            yield RefusedChange(
                f"{key} = {value}: this stack was made with {stands}, and {_REASONS[key]}",
                f"set {key} = {stands} again, or {_NEW_STACK}",
            )


def _fewer_control_plane_nodes(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """etcd would count the nodes that are taken away all the same."""
    standing = len(kept.control_plane)
    if settings.control_plane_nodes < standing:
        quorum = standing // 2 + 1
        yield RefusedChange(
            f"controlPlaneNodes = {settings.control_plane_nodes}: this stack has {standing}, and etcd counts every member "
            f"until it is removed from the cluster. Instances that are simply deleted leave {settings.control_plane_nodes} "
            f"of {standing} members where {quorum} are needed to decide anything, and the API stops for good",
            f"set controlPlaneNodes = {standing} (or more), or make a new stack and move the workloads there",
        )


def _a_control_planes_zone_left(kept: Kept, zones: tuple[str, ...]) -> Iterator[RefusedChange]:
    """The etcd member of a control-plane node cannot move."""
    leaving = {name: zone for name, zone in sorted(kept.control_plane.items()) if zone not in zones}
    if leaving:
        named = ", ".join(f"{name} in {zone}" for name, zone in leaving.items())
        yield RefusedChange(
            f"availabilityZones = {', '.join(zones)}: {named} would be replaced in another zone, and "
            "with it the etcd data that only it has, or a quorum at once",
            f"keep {', '.join(sorted(set(leaving.values())))} among the zones, or make a new stack",
        )


def _another_minor_release(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """Whatever node is made next could not join ("Version skew policy" in "Creating a cluster with kubeadm")."""
    stands = kept.kubernetes_minor
    if stands not in (None, settings.kubernetes_minor):
        yield RefusedChange(
            f"kubernetesVersion = {settings.kubernetes_version}: this stack's nodes run {stands}, kubeadm joins nodes of the "
            "cluster's own minor release alone, and going up one means `kubeadm upgrade` on each node in place, which nodes "
            "made from user data do not do",
            f"set kubernetesVersion to a {stands} release, or {_NEW_STACK}",
        )


_API_REASONS = {
    "private": "the kubeconfig names its public load balancer, which would be deleted, and every later `up` would wait for "
    "a name that is gone",
    "public": "the API servers' certificates do not name the public load balancer that would be made, and no client would "
    "believe them there",
}
_API_WAYS_OUT = {"private": " (apiAllowedCidrs may let in fewer)", "public": ""}


def _another_way_to_the_api(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """Names of the API stand in its certificates and in the kubeconfig from the first boot on."""
    wanted, stands = settings.api_access, kept.api_access
    if stands not in (None, wanted):
        yield RefusedChange(
            f"apiAccess = {wanted}: this stack's API is {stands}; {_API_REASONS[wanted]}",
            f"set apiAccess = {stands} again{_API_WAYS_OUT[wanted]}, or {_NEW_STACK}",
        )


# EC2 gives an instance its public address at the launch, and never another time (EC2 User Guide, "Public IPv4 addresses").
_TOPOLOGY_REASONS = {
    "public": "running nodes never get public addresses, and without the NAT gateways nothing leads them out",
    "private": "running nodes keep their public addresses, at which they would answer through the NAT gateways or not at all",
}


def _another_topology(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """The default route would change under nodes that have no address for it, or one too many."""
    wanted, stands = settings.topology, kept.topology
    if stands not in (None, wanted):
        yield RefusedChange(
            f"topology = {wanted}: this stack is {stands}; {_TOPOLOGY_REASONS[wanted]}",
            f"set topology = {stands} again, or {_NEW_STACK}",
        )


def _other_nat_gateways_under_pod_routes(settings: Settings, kept: Kept) -> Iterator[RefusedChange]:
    """Elsewhere subnets move to their new tables once those lead out, and pods' packets need nothing else of them."""
    wanted, stands = settings.nat_gateways, kept.nat_gateways
    moves = stands not in (None, wanted) and settings.topology == kept.topology
    if moves and settings.description.vpc_routes_per_node:
        yield RefusedChange(
            f"natGateways = {wanted}: this stack has {stands}, and its nodes' subnets would move to route tables that have "
            "none of the routes to running nodes' pods yet",
            f"set natGateways = {stands} again, or {_NEW_STACK}",
        )
