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
