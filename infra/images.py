"""The machine image of each operating system, looked up as its publisher says, for either CPU architecture."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_aws as aws

from canal_aws.node_images import (
    CPU_ARCHITECTURES,
    FLATCAR_NAME,
    FLATCAR_OWNER,
    UBUNTU_PARAMETER,
    CpuArchitecture,
    flatcar_filters,
)
from canal_aws.settings import SettingsError
from canal_aws.settings_fields import Violation

_UBUNTU_ROOT_DEVICE = "/dev/sda1"


@dataclass(frozen=True)
class Image:
    """An AMI by id, with its CPU architecture and the device name that its root volume is mapped to."""

    id: str
    cpu_architecture: CpuArchitecture
    root_device: str


def find(operating_system: str, cpu_architecture: CpuArchitecture) -> Image:
    """The newest image of `operating_system` ("ubuntu" or "flatcar").

    Asks AWS; SettingsError where this Region or partition has none of Flatcar's.
    """
    return {"ubuntu": _ubuntu, "flatcar": _flatcar}[operating_system](cpu_architecture)


def _ubuntu(cpu_architecture: CpuArchitecture) -> Image:
    found = aws.ssm.get_parameter(name=UBUNTU_PARAMETER.format(arch=cpu_architecture))
    return Image(str(found.value), cpu_architecture, _UBUNTU_ROOT_DEVICE)


def _flatcar(cpu_architecture: CpuArchitecture) -> Image:
    ec2_name = next(name for name, known in CPU_ARCHITECTURES.items() if known == cpu_architecture)
    try:
        found = aws.ec2.get_ami(
            owners=[FLATCAR_OWNER],
            filters=[
                aws.ec2.GetAmiFilterArgs(name=name, values=[value]) for name, value in flatcar_filters(ec2_name).items()
            ],
            most_recent=True,
        )
    except Exception as error:
        reason = f"AWS names no image {FLATCAR_NAME} of {FLATCAR_OWNER} for {ec2_name} ({str(error).splitlines()[0]})"
        way_out = (
            "allow ec2:DescribeImages, choose a Region that Flatcar publishes in, or set operatingSystem to ubuntu"
        )
        raise SettingsError((Violation("operatingSystem", "flatcar", reason, way_out),)) from error
    return Image(found.id, cpu_architecture, found.root_device_name)
