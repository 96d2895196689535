"""Whose a resource is: the stack's own by its tag or by its state, and somebody else's otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.add_on_permissions import CLUSTER_TAG
from canal_aws.preflight.live.target import tags_of
from canal_aws.stack.deployment import STACK_TAG, Deployment

_VPC, _BUCKET = "aws:ec2/vpc:Vpc", "aws:s3/bucket:Bucket"


@dataclass(frozen=True)
class StackFacts:
    """`name` is organization/project/stack; `ids` is everything that the state holds, ARNs included.

    `kept_buckets` are those that `destroy` leaves on purpose, since they were made with `keepEtcdSnapshots`.
    """

    name: str
    ids: frozenset[str]
    vpcs: frozenset[str]
    kept_buckets: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str, state: Deployment) -> StackFacts:
        """From the stack's state."""
        made = [each for each in state.resources if each.get("id") and each.get("custom", True)]
        return cls(
            name,
            frozenset(str(each["id"]) for each in made),
            frozenset(str(each["id"]) for each in made if each["type"] == _VPC),
            tuple(str(each["id"]) for each in made if each["type"] == _BUCKET and each.get("retainOnDelete")),
        )

    @property
    def cluster_tag(self) -> str:
        """The tag that a cloud controller and a CSI driver put on what they make for this cluster."""
        return CLUSTER_TAG.format(self.name.rpartition("/")[2])

    def owns(self, item: Mapping[str, Any], resource_id: str) -> bool:
        """Whether the program made it."""
        return resource_id in self.ids or self.is_tagged(item)

    def is_tagged(self, item: Mapping[str, Any]) -> bool:
        """Whether it carries the stack's tag, which the EBS CSI driver puts on what it makes as well."""
        return tags_of(item).get(STACK_TAG) == self.name
