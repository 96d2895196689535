"""The bucket of etcd's snapshots: private, encrypted, versioned, and the control plane's alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from canal_aws.bootstrap import SNAPSHOT_PREFIX
from tests.infra.program import arn_of, build, id_of

_NAME = "etcd-snapshots"


def test_the_bucket_is_private_encrypted_and_versioned() -> None:
    program = build()
    bucket = id_of("Bucket", _NAME)
    block = program.of("BucketPublicAccessBlock")[_NAME].inputs
    assert block.pop("bucket") == bucket
    assert block == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    (rule,) = program.of("BucketServerSideEncryptionConfiguration")[_NAME].inputs["rules"]
    assert rule == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert program.of("BucketVersioning")[_NAME].inputs["versioningConfiguration"] == {"status": "Enabled"}
    lifecycle = program.of("BucketLifecycleConfiguration")[_NAME]
    (rule,) = lifecycle.inputs["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {"prefix": SNAPSHOT_PREFIX})
    assert program.of("BucketVersioning")[_NAME].urn in lifecycle.depends_on


@pytest.mark.parametrize(("config", "stays"), [({}, False), ({"keepEtcdSnapshots": True}, True)])
def test_destroy_takes_the_snapshots_unless_they_are_to_be_kept(config: dict[str, Any], stays: bool) -> None:
    program = build(**config)
    for kind in ("Bucket", "BucketVersioning", "BucketPublicAccessBlock"):
        assert program.of(kind)[_NAME].retain_on_delete is stays
    assert program.of("Bucket")[_NAME].inputs["forceDestroy"] is not stays


def test_without_snapshots_there_is_no_bucket_and_no_right_on_one() -> None:
    program = build(etcdSnapshotHours=0)
    assert not [each for each in program.aws() if each.type.startswith("aws:s3/")]
    assert "s3:" not in program.of("RolePolicy")["control-plane"].inputs["policy"]


def test_the_control_plane_reads_and_writes_its_own_prefix_and_workers_nothing() -> None:
    program = build()
    policies = {role: json.loads(each.inputs["policy"]) for role, each in program.of("RolePolicy").items()}
    of_s3 = [each for each in policies["control-plane"]["Statement"] if each["Action"][0].startswith("s3:")]
    arn = arn_of("Bucket", _NAME)
    assert of_s3 == [
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": arn,
            "Condition": {"StringLike": {"s3:prefix": f"{SNAPSHOT_PREFIX}*"}},
        },
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{arn}/{SNAPSHOT_PREFIX}*"},
    ]
    assert "s3:" not in json.dumps(policies["worker"])
