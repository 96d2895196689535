"""The add-ons' images, pinned. All are multi-architecture indexes (amd64 and arm64)."""

from __future__ import annotations

from canal_aws.errors import CanalError

# kubernetes/cloud-provider-aws: one minor for each of Kubernetes. The route controllers of v1.35.0 to v1.35.2 and of
# v1.36.0 take no node (its issues 1351 and 1388; mended in v1.36.1); here that controller is off in every version.
_CLOUD_CONTROLLER_MANAGER = {"1.35": "v1.35.2", "1.36": "v1.36.1"}

# kubernetes-sigs/aws-ebs-csi-driver v1.59.0 and the sidecars that AWS releases it with.
_CSI_COMPONENTS = "public.ecr.aws/csi-components"
EBS_CSI_DRIVER = "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1.59.0"
CSI_PROVISIONER = f"{_CSI_COMPONENTS}/csi-provisioner:v6.2.0-eksbuild.3"
CSI_ATTACHER = f"{_CSI_COMPONENTS}/csi-attacher:v4.11.0-eksbuild.4"
CSI_RESIZER = f"{_CSI_COMPONENTS}/csi-resizer:v2.1.0-eksbuild.4"
CSI_NODE_DRIVER_REGISTRAR = f"{_CSI_COMPONENTS}/csi-node-driver-registrar:v2.16.0-eksbuild.4"
LIVENESS_PROBE = f"{_CSI_COMPONENTS}/livenessprobe:v2.18.0-eksbuild.4"


class AddOnError(CanalError):
    """An add-on that this cluster cannot have."""


def cloud_controller_manager_image(kubernetes_version: str) -> str:
    """The image for a Kubernetes release such as 1.36.3; AddOnError where none is pinned for its minor."""
    minor = ".".join(kubernetes_version.split(".")[:2])
    if minor not in _CLOUD_CONTROLLER_MANAGER:
        raise AddOnError(
            f"kubernetesVersion {kubernetes_version}: no cloud controller manager is pinned for {minor}, since its minor "
            f"must be the cluster's; choose a release of {' or '.join(_CLOUD_CONTROLLER_MANAGER)}, or set "
            "cloudControllerManager = false"
        )
    return f"registry.k8s.io/provider-aws/cloud-controller-manager:{_CLOUD_CONTROLLER_MANAGER[minor]}"
