"""Finding S3's: the bucket by its planned name, which Pulumi chose before the creation, and what is set on it by its bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from canal_aws.recovery.services import answered, own
from canal_aws.stack.aws_clients import Aws
from canal_aws.stack.deployment import Pending

_NO_BUCKET = ("NoSuchBucket", "NotFound", "404")


def bucket(aws: Aws, pending: Pending) -> list[str]:
    """The bucket of the planned name; S3 tags one only after its creation, and so one without any tag is ours too."""
    name, s3 = pending.inputs["bucket"], aws.client("s3")
    if answered(lambda: s3.head_bucket(Bucket=name), *_NO_BUCKET) is None:
        return []
    tagged = answered(lambda: s3.get_bucket_tagging(Bucket=name), "NoSuchTagSet")
    return [str(name)] if tagged is None or own(pending, tagged["TagSet"]) else []


def setting(read: str, key: str, *absent: str) -> Callable[[Aws, Pending], list[str]]:
    """A finder of what one of S3's operations reads from the bucket, under `key` of its answer."""

    def find(aws: Aws, pending: Pending) -> list[str]:
        name = pending.inputs["bucket"]
        call: Callable[..., Any] = getattr(aws.client("s3"), read)
        found = answered(lambda: call(Bucket=name), *_NO_BUCKET, *absent)
        return [str(name)] if (found or {}).get(key) else []

    return find


lifecycle = setting("get_bucket_lifecycle_configuration", "Rules", "NoSuchLifecycleConfiguration")
versioning = setting("get_bucket_versioning", "Status")
encryption = setting(
    "get_bucket_encryption",
    "ServerSideEncryptionConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
)
public_access_block = setting(
    "get_public_access_block", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"
)
