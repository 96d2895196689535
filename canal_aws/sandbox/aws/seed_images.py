"""The public images that the program looks up: Canonical's Ubuntu 24.04 and Flatcar's stable channel.

Owners: Canonical 099720109477
(https://documentation.ubuntu.com/aws/aws-how-to/instances/find-ubuntu-images/), Flatcar 075585003325
(https://www.flatcar.org/docs/latest/installing/cloud/aws-ec2/). The names follow theirs; the ids are made
up, the same in every run, and differ from Region to Region as real ones do.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.ec2.models.amis import Ami
from moto.ssm.models import Parameter

from .world import World

CANONICAL = "099720109477"
FLATCAR = "075585003325"
FIRST_BUILD = datetime(2026, 10, 6, 12, 0, tzinfo=UTC)
BUILD_INTERVAL = timedelta(days=14)
ROOT_VOLUME_GIB = 8


@dataclass(frozen=True)
class Family:
    """One line of images: `name` has a place for the build's date or release, `parameter` is its SSM path."""

    name: str
    owner: str
    architecture: str
    root_device_name: str
    description: str
    parameter: str | None = None


def _ubuntu(arch: str, architecture: str) -> Family:
    return Family(
        name="ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-" + arch + "-server-{date}",
        owner=CANONICAL,
        architecture=architecture,
        root_device_name="/dev/sda1",
        description=f"Canonical, Ubuntu, 24.04, {arch} noble image (a stand-in)",
        parameter=f"/aws/service/canonical/ubuntu/server/24.04/stable/current/{arch}/hvm/ebs-gp3/ami-id",
    )


def _flatcar(suffix: str, architecture: str) -> Family:
    return Family(
        name="Flatcar-stable-{release}" + suffix + "-hvm",
        owner=FLATCAR,
        architecture=architecture,
        root_device_name="/dev/xvda",
        description="Flatcar Container Linux stable (a stand-in)",
    )


FAMILIES = (
    _ubuntu("amd64", "x86_64"),
    _ubuntu("arm64", "arm64"),
    _flatcar("", "x86_64"),
    _flatcar("-arm64", "arm64"),
)


class SeededImage(Ami):  # type: ignore[misc]
    """An image with the block devices of the real ones: one root volume, deleted with the instance."""

    @property
    def block_device_mappings(self) -> list[dict[str, Any]]:
        root = {
            "SnapshotId": self.ebs_snapshot.id,
            "VolumeSize": ROOT_VOLUME_GIB,
            "VolumeType": "gp3",
            "DeleteOnTermination": True,
            "Encrypted": False,
        }
        return [{"DeviceName": self.root_device_name, "Ebs": root}]


def image_id(region: str, name: str) -> str:
    """The id of a seeded image: `ami-` and 17 hexadecimal digits, from its Region and name."""
    return "ami-" + hashlib.sha256(f"{region} {name}".encode()).hexdigest()[:17]


def _seed(world: World, family: Family, region: str, generation: int) -> str:
    built = FIRST_BUILD + (generation - 1) * BUILD_INTERVAL
    name = family.name.format(date=built.strftime("%Y%m%d"), release=f"4459.2.{generation - 1}")
    backend = world.backend("ec2", region)
    ami_id = image_id(region, name)
    backend.amis[ami_id] = SeededImage(
        backend,
        ami_id,
        name=name,
        description=family.description,
        owner_id=family.owner,
        owner_alias=None,
        public=True,
        virtualization_type="hvm",
        architecture=family.architecture,
        creation_date=built.replace(tzinfo=None),
        image_location=f"{family.owner}/{name}",
        hypervisor="xen",
        root_device_type="ebs",
        root_device_name=family.root_device_name,
        region_name=f"{region}a",
        boot_mode="uefi-preferred" if family.architecture == "x86_64" else "uefi",
    )
    if family.parameter is not None:
        versions = world.backend("ssm", region)._parameters[family.parameter]
        versions.append(
            Parameter(
                account_id=world.account_id,
                name=family.parameter,
                value=ami_id,
                parameter_type="String",
                description=None,
                allowed_pattern=None,
                keyid=None,
                last_modified_date=built,
                version=len(versions) + 1,
                data_type="aws:ec2:image",
            )
        )
    return ami_id


def seed_region(world: World, region: str) -> None:
    """Make sure that the images of every generation so far exist in `region`."""
    if ("images", region) in world.seeded:
        return
    world.seeded.add(("images", region))
    for generation in range(1, world.image_generation + 1):
        for family in FAMILIES:
            _seed(world, family, region, generation)


def seed_newer_images(world: World) -> list[str]:
    """Publish one newer image of every family, in every Region; returns the new ids of the Regions in use."""
    world.image_generation += 1
    regions = [region for kind, region in sorted(world.seeded) if kind == "images"]
    return [_seed(world, family, region, world.image_generation) for region in regions for family in FAMILIES]
