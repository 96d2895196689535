"""The bucket for etcd's snapshots, which control-plane nodes fill and a restore reads."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from canal_aws.bootstrap import SNAPSHOT_PREFIX

_KEPT_DAYS = 30
# What was overwritten or deleted, by a control plane that somebody took over too, can be had back for so long.
_OLD_VERSIONS_DAYS = 7


class Snapshots(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket, from which snapshots expire after 30 days.

    `bucket` is None where the stack has none. It goes with `pulumi destroy`, snapshots included, unless `keep`: without
    the encryption key, a parameter that goes with the stack, no Secret in a snapshot can be read.
    """

    bucket: aws.s3.Bucket | None = None

    def __init__(self, name: str, wanted: bool, keep: bool, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("canal-aws:infra:Snapshots", name, None, opts)
        if wanted:
            self.bucket = aws.s3.Bucket(
                "etcd-snapshots",
                force_destroy=not keep,
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=keep),
            )
            self._configure(self.bucket, pulumi.ResourceOptions(parent=self, retain_on_delete=keep))
        self.register_outputs({})

    def _configure(self, bucket: aws.s3.Bucket, child: pulumi.ResourceOptions) -> None:
        name = "etcd-snapshots"
        aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.id,
            # With S3's own keys: in the snapshot the cluster's Secrets are encrypted once more, by its own key.
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=child,
        )
        versioning = aws.s3.BucketVersioning(
            name, bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.id,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": SNAPSHOT_PREFIX},
                    "expiration": {"days": _KEPT_DAYS},
                    "noncurrent_version_expiration": {"noncurrent_days": _OLD_VERSIONS_DAYS},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
                }
            ],
            # S3 takes rules on versions where there are versions.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[versioning])),
        )
