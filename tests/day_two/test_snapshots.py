"""Snapshots as the bucket lists them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from canal_aws.bootstrap import SNAPSHOT_PREFIX
from canal_aws.day_two import snapshots
from canal_aws.day_two.errors import Refused
from canal_aws.day_two.live_stack import LiveStack
from canal_aws.stack.deployment import Deployment
from canal_aws.stack.errors import StackError


class S3:
    """A bucket that answers in pages."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages

    def get_paginator(self, operation: str) -> S3:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> tuple[dict[str, Any], ...]:
        assert (Bucket, Prefix) == ("bucket", SNAPSHOT_PREFIX)
        return self._pages


def entry(day: int) -> dict[str, Any]:
    key = f"{SNAPSHOT_PREFIX}202611{day:02}T000000Z-control-plane-0.db"
    return {"Key": key, "Size": 10 * day, "LastModified": datetime(2026, 11, day, tzinfo=UTC)}


def test_the_newest_is_first_by_the_name_that_a_restore_takes() -> None:
    found = snapshots.listed(S3({"Contents": [entry(1), entry(3)]}, {"Contents": [entry(2)]}), "bucket")
    assert [each.name for each in found] == [f"202611{day:02}T000000Z-control-plane-0.db" for day in (3, 2, 1)]
    assert [each.size for each in found] == [30, 20, 10]


def test_an_empty_bucket_has_none() -> None:
    assert snapshots.listed(S3({}), "bucket") == []


def test_a_refusal_names_the_bucket_and_the_right() -> None:
    class Closed(S3):
        def paginate(self, Bucket: str, Prefix: str) -> tuple[dict[str, Any], ...]:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListObjectsV2")

    with pytest.raises(StackError, match=r"s3://bucket/.*AccessDenied.*s3:ListBucket"):
        snapshots.listed(Closed(), "bucket")


@pytest.mark.parametrize(
    ("bucket", "control_plane", "way_on"),
    [
        ("etcd-snapshots-1", 1, ""),
        (None, 1, "controlPlaneNodes to 3"),
        (None, 3, "`canal-aws roll --only control-plane`"),
    ],
)
def test_the_stacks_own_bucket_is_asked(bucket: str | None, control_plane: int, way_on: str) -> None:
    tags = {"canal-aws:role": "control-plane"}
    resources: list[dict[str, Any]] = [
        {"urn": f"u::control-plane-{index}", "type": "aws:ec2/instance:Instance", "id": "i", "inputs": {"tags": tags}}
        for index in range(control_plane)
    ]
    resources += [{"urn": "u", "type": "aws:s3/bucket:Bucket", "id": bucket}] if bucket else []
    stack = LiveStack(Deployment(json.dumps({"deployment": {"resources": resources}})))
    if bucket:
        assert snapshots.bucket(stack) == bucket
    else:
        with pytest.raises(Refused, match=f"etcdSnapshotHours.*{way_on}"):
            snapshots.bucket(stack)
