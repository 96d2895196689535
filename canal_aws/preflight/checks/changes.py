"""What a living stack is asked to become."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.addressing import Kept, choose_zones
from canal_aws.preflight.choice import Choice
from canal_aws.preflight.findings import Finding, fails, ok
from canal_aws.preflight.registry import check
from canal_aws.stack.refused_changes import refused_changes


@check(
    "changes", group="settings", source="VPC User Guide, VPC CIDR blocks; kubeadm init; etcd, Runtime reconfiguration"
)
def stack_can_become_this(choice: Choice, kept: Kept) -> Iterator[Finding]:
    """A living stack is asked for nothing that it cannot become: `pulumi up` refuses those changes."""
    if choice.settings is None:
        return
    # A count takes the zones that stand first; new ones move nobody.
    wanted = choice.settings.availability_zones
    zones = choose_zones(wanted, kept.zones, kept.zones)
    refused = list(refused_changes(choice.settings, kept, zones))
    for each in refused:
        yield fails(each.what, each.way_out)
    if not refused:
        yield ok("the stack can become this" if kept.zones else "there is no stack yet that would have to change")
