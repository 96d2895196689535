"""What instances were launched from, against what new ones would be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from canal_aws.day_two.machines import differences
from canal_aws.doctor import repairs
from canal_aws.doctor.instances import Images, Machines, Templates
from canal_aws.doctor.wanted import Now, Wanted
from canal_aws.preflight.findings import Finding, ok, warning
from canal_aws.preflight.registry import check


@check(
    "launched-from-the-newest-template", group="images", source="canal_aws.day_two.machines, as `canal-aws roll` has it"
)
def newest_template(wanted: Wanted, machines: Machines, templates: Templates) -> Iterator[Finding]:
    """Instances are as their launch template's newest version would make them; older ones run on until they are rolled."""
    for machine in machines.items:
        launched = machine.launched
        if not launched.template:
            continue
        newest = templates.data.get((launched.template, "$Latest"), {})
        used = templates.data.get((launched.template, launched.version), {})
        said = list(differences(used, newest, launched))
        if said:
            way_out = repairs.roll(wanted, machine.name)
            yield warning(f"{machine}: older than its launch template: {', '.join(said)}", way_out)


@check("image-age", group="images", source="EC2 User Guide, Deprecate an Amazon EC2 AMI")
def image_age(wanted: Wanted, machines: Machines, images: Images, now: Now) -> Iterator[Finding]:
    """Images that instances run are still offered, and not deprecated."""
    for image in sorted({machine.launched.image for machine in machines.items}):
        of_it = sorted(machine.name for machine in machines.items if machine.launched.image == image)
        names, way_out = ", ".join(of_it), _newer_image(wanted, of_it)
        found = images.by_id.get(image)
        if found is None:
            yield warning(f"{image} of {names}: AWS lists it no longer", way_out)
            continue
        days = (now.at - _date(found["CreationDate"])).days
        ended = found.get("DeprecationTime")
        if ended and _date(ended) <= now.at:
            yield warning(f"{image} of {names}: {days} days old, deprecated since {ended[:10]}", way_out)
        else:
            yield ok(f"{image} of {names}: {days} days old")


def _newer_image(wanted: Wanted, names: list[str]) -> str:
    up = "`pulumi up` takes the newest image into the launch templates, then `canal-aws roll` replaces the nodes"
    return "; ".join([up, *filter(None, (repairs.kept_back(wanted, name) for name in names))])


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text)
