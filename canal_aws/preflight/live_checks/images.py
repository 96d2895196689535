"""Whether the nodes have something to boot from."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.preflight.findings import Finding, fails, ok
from canal_aws.preflight.live.images import Images
from canal_aws.preflight.live.region import InstanceTypes
from canal_aws.preflight.planned import Plan
from canal_aws.preflight.registry import check


@check(
    "images", group="nodes", source="EC2, DescribeImages; ubuntu.com/server/docs and flatcar.org/docs, images on AWS"
)
def images_can_be_booted(plan: Plan, images: Images, types: InstanceTypes) -> Iterator[Finding]:
    """The operating system's image exists in the Region, is available, and is for the instance types' architecture."""
    system = plan.settings.operating_system
    usable = set()
    for architecture, image in images.found.items():
        if image is None or not image.state:
            named = f"the image {image.id}, which its publisher names, is not there" if image else "there is no image"
            yield fails(f"operatingSystem = {system}: {named} for {architecture}", "choose another Region or system")
        elif image.state != "available":
            yield fails(f"operatingSystem = {system}: {image.id} is {image.state}", "try again later")
        elif image.architecture != architecture:
            yield fails(
                f"operatingSystem = {system}: {image.id} is for {image.architecture}, not for {architecture}",
                "choose instance types of that architecture",
            )
        else:
            usable.add(architecture)
            yield ok(f"{system} for {architecture} is {image.id}")
    for key, instance_type in dict.fromkeys(plan.settings.instance_types.values()):
        supported = types.architectures.get(instance_type, ())
        # Types and images that are missing altogether are said above, and by another check.
        if supported and usable and not usable & set(supported):
            yield fails(
                f"{key} = {instance_type} runs {', '.join(supported)}, and the images are for {', '.join(sorted(usable))}",
                "choose an instance type of that architecture",
            )
