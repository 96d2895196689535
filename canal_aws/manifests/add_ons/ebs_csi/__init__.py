"""The EBS CSI driver: makes, attaches, grows and mounts EBS volumes for PersistentVolumeClaims.

Objects, flags and rights after deploy/kubernetes/base of kubernetes-sigs/aws-ebs-csi-driver; docs/add-ons.md lists what
differs. Snapshots are left out: their controller and CRDs are another project's.
"""

from __future__ import annotations

from collections.abc import Mapping

from canal_aws.manifests.add_ons.ebs_csi.controller import deployment, pod_disruption_budget
from canal_aws.manifests.add_ons.ebs_csi.names import DRIVER
from canal_aws.manifests.add_ons.ebs_csi.node import daemon_set
from canal_aws.manifests.add_ons.ebs_csi.roles import accounts, bindings, roles
from canal_aws.manifests.objects import Manifest, manifest

#: A StorageClass that is offered; no claim takes it unless it names it.
STORAGE_CLASS = "gp3"


def ebs_csi_driver(
    *, cluster_name: str, control_plane_nodes: int, volume_tags: Mapping[str, str] | None = None
) -> tuple[Manifest, ...]:
    """Its objects. `volume_tags` are put on every volume beside the driver's own tags and the cluster's."""
    return (
        *accounts(),
        *roles(),
        *bindings(),
        manifest(
            "storage.k8s.io/v1",
            "CSIDriver",
            DRIVER,
            spec={"attachRequired": True, "podInfoOnMount": False, "fsGroupPolicy": "File"},
        ),
        _storage_class(),
        daemon_set(),
        pod_disruption_budget(),
        deployment(cluster_name, min(2, control_plane_nodes), dict(volume_tags or {})),
    )


def _storage_class() -> Manifest:
    return manifest(
        "storage.k8s.io/v1",
        "StorageClass",
        STORAGE_CLASS,
        provisioner=DRIVER,
        parameters={"type": "gp3", "encrypted": "true"},
        # The volume is made in the zone of the node that its first pod was scheduled to.
        volumeBindingMode="WaitForFirstConsumer",
        allowVolumeExpansion=True,
        reclaimPolicy="Delete",
    )
