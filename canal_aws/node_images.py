"""Where each operating system's machine images are published; the program looks them up, and preflight does too."""

from __future__ import annotations

from typing import Literal

CpuArchitecture = Literal["amd64", "arm64"]

#: As EC2 writes what Kubernetes, Canonical and the nodes' programs call amd64 and arm64.
CPU_ARCHITECTURES: dict[str, CpuArchitecture] = {"x86_64": "amd64", "arm64": "arm64"}

# Canonical's public parameter (ubuntu.com/server/docs, "Find Ubuntu images on AWS"); 24.04 comes on gp3 volumes.
UBUNTU_PARAMETER = "/aws/service/canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id"
# Flatcar has no such parameter. Its account publishes the images of each channel for nine months
# (flatcar.org/docs, "AWS EC2", Release retention time).
FLATCAR_OWNER = "075585003325"
FLATCAR_NAME = "Flatcar-stable-*"


def flatcar_filters(ec2_architecture: str) -> dict[str, str]:
    """DescribeImages' filters for Flatcar's images, for x86_64 or arm64."""
    return {"name": FLATCAR_NAME, "architecture": ec2_architecture, "virtualization-type": "hvm"}
