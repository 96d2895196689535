"""Route reflectors in place of the BGP full mesh: past the mesh's limit, control-plane nodes tell all others the routes.

The order matters (docs.tigera.io, "Configure BGP peering", at Calico v3.32): a node leaves the mesh at once when it gets
a cluster id (calico, confd/pkg/backends/calico/bgp_processor.go), so whoever is to peer with it must know that before;
and the mesh between all others goes last, once they have their sessions with the reflectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from architectures import Architecture, CalicoBird
from canal_aws.manifests.objects import Manifest, manifest

#: The label with which Calico's documentation marks reflectors.
LABEL = "route-reflector"
CLUSTER_ID = "projectcalico.org/RouteReflectorClusterID"
_CALICO = "crd.projectcalico.org/v1"


@dataclass(frozen=True)
class RouteReflectors:
    """The three steps. `nodes` and `mesh_off` are parts of objects that others own: apply them as patches.

    Back to a mesh is the same way backwards: mesh on, then the nodes, then the peerings.
    """

    peerings: tuple[Manifest, ...]
    nodes: tuple[Manifest, ...]
    mesh_off: Manifest


def route_reflectors(architecture: Architecture, nodes: int, control_plane: Sequence[str]) -> RouteReflectors | None:
    """What a cluster of that many nodes (control plane too) needs; None where a mesh will do, or there is no BGP.

    `control_plane` are the names of the control-plane nodes.
    """
    networking = architecture.networking
    if not isinstance(networking, CalicoBird) or nodes <= networking.mesh_limit:
        return None
    return RouteReflectors(
        # Every node with every reflector; among themselves these have the same cluster id and reflect nothing.
        peerings=(
            manifest(
                _CALICO,
                "BGPPeer",
                "peer-with-route-reflectors",
                spec={"nodeSelector": "all()", "peerSelector": f"{LABEL} == 'true'"},
            ),
        ),
        nodes=tuple(_reflector(name, networking.reflector_cluster_id) for name in control_plane),
        # calico-node itself makes this object, empty, when it first starts.
        mesh_off=manifest(_CALICO, "BGPConfiguration", "default", spec={"nodeToNodeMeshEnabled": False}),
    )


def _reflector(name: str, cluster_id: str) -> Manifest:
    # In one step: a node with one and not the other would be in neither mesh nor star.
    node = manifest("v1", "Node", name, labels={LABEL: "true"})
    node["metadata"]["annotations"] = {CLUSTER_ID: cluster_id}
    return node
