"""Whether configuration and state are such that the rest can be compared with them."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.doctor import repairs
from canal_aws.doctor.wanted import Wanted
from canal_aws.preflight.findings import Finding, fails, ok, warning
from canal_aws.preflight.registry import check


@check("last-up-ended", group="configuration", source="Pulumi, stack export: pending_operations")
def last_up_ended(wanted: Wanted) -> Iterator[Finding]:
    """No `pulumi up` was killed while something was under way."""
    if wanted.interrupted:
        yield fails(
            "the state holds operations that were under way when a `pulumi` command was killed", repairs.RECOVER
        )
    else:
        yield ok("nothing was under way when the last `pulumi` command ended")


@check("zones-are-made", group="configuration", source="canal_aws.addressing.choose_zones")
def zones_are_made(wanted: Wanted) -> Iterator[Finding]:
    """The configuration asks for no more zones than the last `up` made."""
    asked, made = wanted.settings.availability_zones, len(wanted.plan.zones)
    if isinstance(asked, int) and asked > made:
        yield warning(f"availabilityZones = {asked}: the last `up` made {made}", "`pulumi up` makes the others")
