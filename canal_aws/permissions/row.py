"""One row of the table: the IAM actions with which the provider looks after one type of resource."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from canal_aws.settings import Settings


def always(settings: Settings) -> bool:
    """For types that every stack has."""
    return True


@dataclass(frozen=True)
class Row:
    """What pulumi-aws calls for `type`, by what it does. `source` is a file of terraform-provider-aws, whose code it runs.

    `create` holds what AWS itself asks of a caller besides, `tag` what changes tags later on. `of` says which settings
    have the type.
    """

    type: str
    source: str
    create: tuple[str, ...]
    read: tuple[str, ...]
    delete: tuple[str, ...]
    update: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    of: Callable[[Settings], bool] = always


def spelled(prefix: str) -> Callable[[str], tuple[str, ...]]:
    """`spelled("ec2")("CreateVpc DeleteVpc")`: actions of one service."""
    return lambda names: tuple(f"{prefix}:{name}" for name in names.split())
