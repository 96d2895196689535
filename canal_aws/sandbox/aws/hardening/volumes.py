"""The volumes of an instance: the image's, overlaid by the launch template's and the request's.

moto gives every instance an unencrypted 8 GiB gp2 volume named /dev/sda1, or exactly what the request lists.
Source: EC2 User Guide "Block device mappings for volumes on Amazon EC2 instances".
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..pipeline import Call, Rules


def _overlay(call: Call) -> None:
    image = call.ec2.amis[call.params["ImageId"]]
    devices: dict[str, dict[str, Any]] = {
        mapping["DeviceName"]: dict(mapping["Ebs"]) for mapping in image.block_device_mappings
    }
    for mapping in call.params.get("BlockDeviceMappings") or []:
        name = mapping["DeviceName"]
        smallest = devices.get(name, {}).get("VolumeSize", 1)
        # "The default value is true" for a volume made with the instance (EbsBlockDevice, DeleteOnTermination).
        known = devices.setdefault(name, {"DeleteOnTermination": True, "VolumeType": "gp2"})
        known.update({key: value for key, value in (mapping.get("Ebs") or {}).items() if value is not None})
        if int(known.get("VolumeSize") or 0) < smallest:
            raise AwsError(
                "InvalidBlockDeviceMapping",
                f"Volume of size {known.get('VolumeSize')}GB is smaller than snapshot "
                f"'{known.get('SnapshotId')}', expect size >= {smallest}GB",
            )
    call.params["BlockDeviceMappings"] = [
        {"DeviceName": name, "Ebs": {key: value for key, value in ebs.items() if value is not None}}
        for name, ebs in devices.items()
    ]


def install(rules: Rules) -> None:
    """Install the overlay; after the launch template has been applied."""
    rules.before("ec2", "RunInstances", rule=_overlay)
