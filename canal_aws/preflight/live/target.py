"""Where a live preflight looks: a Region, and the stack whose own resources count as planned and not as used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.stack.deployment import STACK_TAG


@dataclass(frozen=True)
class Target:
    """`stack` is organization/project/stack, "" where the plan is not of a stack yet; `ids` are those in its state."""

    region: str
    stack: str = ""
    ids: frozenset[str] = frozenset()

    def others(self, items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those of EC2's descriptions that are not this stack's own."""
        return [item for item in items if not self.owns(item)]

    def owns(self, item: Mapping[str, Any]) -> bool:
        """Whether it carries this stack's tag."""
        return bool(self.stack) and tags_of(item).get(STACK_TAG) == self.stack

    def made_interface(self, interface: Mapping[str, Any]) -> bool:
        """Whether a network interface is there because the stack's own instance, NAT gateway or load balancer is.

        AWS makes those of gateways and balancers itself, untagged, and says whose they are in their descriptions
        (EC2 User Guide, "Requester-managed network interfaces"; ELB: "ELB net/NAME/ID", the end of the ARN).
        """
        attached = (interface.get("Attachment") or {}).get("InstanceId")
        made_for = str(interface.get("Description", "")).rpartition(" ")[2]
        return (
            self.owns(interface)
            or attached in self.ids
            or made_for in self.ids
            or any(key.endswith(f"loadbalancer/{made_for}") for key in self.ids if made_for)
        )


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """EC2's list of tags as a map."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in item.get("Tags") or ()}
