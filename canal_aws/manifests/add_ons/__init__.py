"""What a cluster may have beside Canal: the AWS cloud controller manager and the EBS CSI driver, off by default.

Pure, as the manifests of Canal. docs/add-ons.md says what each changes, and which rights the instances' role needs.
"""

from __future__ import annotations

from canal_aws.manifests.add_ons.cloud_controller_manager import cloud_controller_manager
from canal_aws.manifests.add_ons.ebs_csi import ebs_csi_driver
from canal_aws.manifests.add_ons.images import AddOnError

__all__ = ["AddOnError", "cloud_controller_manager", "ebs_csi_driver"]
