"""The machine image of each operating system, looked up as its publisher says, for either CPU architecture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi_aws as aws

from canal_aws.settings import SettingsError
from canal_aws.settings_fields import Violation

CpuArchitecture = Literal["amd64", "arm64"]

#: As EC2 writes what Kubernetes, Canonical and the nodes' programs call amd64 and arm64.
CPU_ARCHITECTURES: dict[str, CpuArchitecture] = {"x86_64": "amd64", "arm64": "arm64"}

# Canonical's public parameter (ubuntu.com/server/docs, "Find Ubuntu images on AWS"); 24.04 comes on gp3 volumes.
_UBUNTU = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id"
_UBUNTU_ROOT_DEVICE = "/dev/sda1"
# Flatcar has no such parameter. Its account publishes the images of each channel for nine months
# (flatcar.org/docs, "AWS EC2", Release retention time).
_FLATCAR_OWNER = "075585003325"
_FLATCAR = "Flatcar-stable-*"


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
    found = aws.ssm.get_parameter(name=_UBUNTU.format(arch=cpu_architecture))
    return Image(str(found.value), cpu_architecture, _UBUNTU_ROOT_DEVICE)


def _flatcar(cpu_architecture: CpuArchitecture) -> Image:
    ec2_name = next(name for name, known in CPU_ARCHITECTURES.items() if known == cpu_architecture)
    wanted = {"name": _FLATCAR, "architecture": ec2_name, "virtualization-type": "hvm"}
    try:
        found = aws.ec2.get_ami(
            owners=[_FLATCAR_OWNER],
            filters=[aws.ec2.GetAmiFilterArgs(name=name, values=[value]) for name, value in wanted.items()],
            most_recent=True,
        )
    except Exception as error:
        reason = f"AWS names no image {_FLATCAR} of {_FLATCAR_OWNER} for {ec2_name} ({str(error).splitlines()[0]})"
        way_out = (
            "allow ec2:DescribeImages, choose a Region that Flatcar publishes in, or set operatingSystem to ubuntu"
        )
        raise SettingsError((Violation("operatingSystem", "flatcar", reason, way_out),)) from error
    return Image(found.id, cpu_architecture, found.root_device_name)
