"""Where a policy holds: account, Region and stack, and the names that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from canal_aws.addressing import Role
from canal_aws.stack.deployment import STACK_TAG
from canal_aws.stack.subject import PROJECT

Condition = tuple[tuple[str, str, tuple[str, ...]], ...]
"""Operator, key and values; hashable, so that actions under the same one can share a statement."""


@dataclass(frozen=True)
class Scope:
    """`region` and `account` may be "*". `stack` is a stack's name, or organization/project/stack in full."""

    partition: str = "aws"
    region: str = "*"
    account: str = "*"
    stack: str = "*"

    @property
    def stack_name(self) -> str:
        """The last part, which is in the parameters' path."""
        return self.stack.rpartition("/")[2]

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and Region; IAM's and S3's have none, as their services write them."""
        region = "" if service in ("iam", "s3") else self.region
        account = "" if service == "s3" else self.account
        return f"arn:{self.partition}:{service}:{region}:{account}:{resource}"

    def tagged(self, key: str) -> Condition:
        """The stack's tag as `aws:ResourceTag` (of what is there) or `aws:RequestTag` (of what is being made)."""
        if self.stack == "*":
            return (("Null", f"{key}/{STACK_TAG}", ("false",)),)
        if "/" in self.stack:
            return (("StringEquals", f"{key}/{STACK_TAG}", (self.stack,)),)
        # Which organization a stack is in, the backend says: "organization" in one on a file or a bucket.
        return (("StringLike", f"{key}/{STACK_TAG}", (f"*/{PROJECT}/{self.stack}",)),)

    def instance_roles(self, kind: str) -> tuple[str, ...]:
        """`kind` role or instance-profile: those of infra/iam.py, behind whose names Pulumi puts seven hexadecimal digits."""
        return tuple(self.arn("iam", f"{kind}/{role}-*") for role in get_args(Role))
