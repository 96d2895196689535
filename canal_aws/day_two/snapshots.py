"""The snapshots of etcd in the stack's bucket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from canal_aws.bootstrap.permissions import SNAPSHOT_PREFIX
from canal_aws.day_two.errors import Refused
from canal_aws.day_two.live_stack import LiveStack
from canal_aws.day_two.plan import CONTROL_PLANE, replacing_control_plane
from canal_aws.stack.errors import StackError


@dataclass(frozen=True)
class Snapshot:
    """One object: `name` is what restore.sh takes, `size` is in bytes."""

    name: str
    size: int
    made: datetime


def bucket(stack: LiveStack) -> str:
    """The name of the stack's bucket; Refused where it has none."""
    found = stack.id_of("aws:s3/bucket:Bucket")
    if found is None:
        control_plane = sum(each.role == CONTROL_PLANE for each in stack.instances)
        raise Refused(
            "the stack has no bucket for snapshots: set etcdSnapshotHours (12, say) and run `pulumi up`; nodes take the timer "
            f"from their user data, when they are made anew: {replacing_control_plane(control_plane)}"
        )
    return found


def listed(s3: Any, name: str) -> list[Snapshot]:
    """The bucket's snapshots, the newest first. StackError where S3 does not list them."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=SNAPSHOT_PREFIX))
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"listing s3://{name}/{SNAPSHOT_PREFIX}: {error} (s3:ListBucket on it is needed)") from None
    return of_pages(pages)


def of_pages(pages: Iterable[dict[str, Any]]) -> list[Snapshot]:
    """The snapshots on pages of s3:ListObjectsV2, the newest first."""
    return sorted(_found(pages), key=lambda each: (each.made, each.name), reverse=True)


def _found(pages: Iterable[dict[str, Any]]) -> Iterable[Snapshot]:
    for page in pages:
        for each in page.get("Contents") or ():
            yield Snapshot(str(each["Key"]).removeprefix(SNAPSHOT_PREFIX), int(each["Size"]), each["LastModified"])
