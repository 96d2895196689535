"""Kubernetes' versions on the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.day_two.plan import replacing_control_plane
from canal_aws.day_two.versions import Version
from canal_aws.doctor import repairs
from canal_aws.doctor.cluster import ApiServer, ClusterNodes
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check

#: Kubernetes documentation, "Version Skew Policy": a kubelet may be three minor releases older than its API server.
_SKEW = 3


@check("kubernetes-versions-now", group="versions", source="Kubernetes documentation, Version Skew Policy")
def kubernetes_versions(wanted: Wanted, server: ApiServer, nodes: ClusterNodes) -> Iterator[Finding]:
    """API server and kubelets run kubernetesVersion, and no kubelet is newer than its API server or too old for it."""
    configured, serves = wanted.settings.kubernetes_version, Version.of(server.version)
    if serves != Version.of(configured):
        yield warning(
            f"the API server runs {server.version}, kubernetesVersion is {configured}",
            "another minor release needs a new stack; for a patch release: "
            + replacing_control_plane(wanted.control_plane_nodes),
        )
    for node in nodes.items:
        runs = Version.of(node.kubelet)
        if serves and runs and not 0 <= serves.minor - runs.minor <= _SKEW:
            yield fails(
                f"Node {node.name}: kubelet {node.kubelet} beside an API server of {server.version}: Kubernetes does not "
                "support them together",
                repairs.roll(wanted, node.name),
            )
        elif runs != Version.of(configured):
            yield warning(
                f"Node {node.name}: kubelet {node.kubelet}, kubernetesVersion is {configured}",
                repairs.roll(wanted, node.name),
            )
    if serves:
        yield ok(f"API server {server.version}, {len(nodes.items)} kubelets")
