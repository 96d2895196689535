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


def tags_of(item: Mapping[str, Any]) -> dict[str, str]:
    """EC2's list of tags as a map."""
    return {str(tag["Key"]): str(tag.get("Value", "")) for tag in item.get("Tags") or ()}
