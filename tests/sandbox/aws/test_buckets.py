"""S3 as etcd's snapshots need it: what a bucket is from its creation, who may do what, and when it goes."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import requests

from .clients import Aws, refused
from .instance_roles import Curl, instance_with_role, session_of

BUCKET = "canal-aws-snapshots"


@pytest.fixture
def s3(aws: Aws) -> Any:
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.mark.hardening
def test_a_new_bucket_is_private_and_encrypted(aws: Aws, s3: Any) -> None:
    blocked = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    assert len(blocked) == 4
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (owner,) = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"


def test_its_settings_are_kept(aws: Aws, s3: Any) -> None:
    expire = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": "dev/"}, "Expiration": {"Days": 30}}
    old = {"ID": "old", "Status": "Enabled", "Filter": {}, "NoncurrentVersionExpiration": {"NoncurrentDays": 7}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [expire, old]})
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    block = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True}
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={**block, "RestrictPublicBuckets": False})
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "canal-aws:stack", "Value": "o/p/dev"}]})
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert {rule["ID"] for rule in rules} == {"expire", "old"}
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    kept = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert kept["RestrictPublicBuckets"] is False
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"][0]["Value"] == "o/p/dev"


def test_one_that_holds_a_version_stays(aws: Aws, s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=BUCKET, Key="dev/1.db", Body=b"snapshot")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)
    s3.delete_object(Bucket=BUCKET, Key="dev/1.db")
    with refused("BucketNotEmpty"):  # its old version, and the marker
        s3.delete_bucket(Bucket=BUCKET)
    assert f"s3-bucket {BUCKET}" in requests.get(f"{aws.url}/_canal/leftovers", timeout=5).json()
    found = s3.list_object_versions(Bucket=BUCKET)
    for each in [*found["Versions"], *found["DeleteMarkers"]]:
        s3.delete_object(Bucket=BUCKET, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    assert requests.get(f"{aws.url}/_canal/leftovers", timeout=5).json() == []


def test_deny_without_tls_denies_nothing_here_and_is_kept(aws: Aws, s3: Any) -> None:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(Bucket=BUCKET, Key="dev/1.db", Body=b"one")
    s3.put_object(Bucket=BUCKET, Key="dev/1.db", Body=b"two")
    assert s3.get_object(Bucket=BUCKET, Key="dev/1.db")["Body"].read() == b"two"
    assert json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"] == [statement]


class Node:
    """A control-plane node that may use its own prefix."""

    def __init__(self, aws: Aws, subnet: str, folder: Path) -> None:
        arn = f"arn:aws:s3:::{BUCKET}"
        like = {"StringLike": {"s3:prefix": "dev/*"}}
        self._instance = instance_with_role(
            aws,
            subnet,
            {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject"], "Resource": f"{arn}/dev/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": arn, "Condition": like},
        )
        self._aws, self._folder = aws, folder

    @cached_property
    def curl(self) -> Curl:
        return Curl(self._aws, session_of(self._aws, self._instance), self._folder)

    def put(self, key: str, content: bytes) -> tuple[int, str]:
        file = self._folder / "snapshot.db"
        file.write_bytes(content)
        checksum = hashlib.sha256(content).hexdigest()
        return self.curl.call("s3", f"/{BUCKET}/{key}", "-T", str(file), "-H", f"x-amz-content-sha256: {checksum}")

    def get(self, path: str) -> tuple[int, str]:
        empty = hashlib.sha256(b"").hexdigest()
        return self.curl.call("s3", f"/{BUCKET}{path}", "-H", f"x-amz-content-sha256: {empty}")


def test_a_node_puts_lists_and_gets_its_own_snapshots_with_curl(aws: Aws, s3: Any, subnet: str, tmp_path: Path) -> None:
    node = Node(aws, subnet, tmp_path)
    status, body = node.put("dev/20260101T000000Z.db", b"snapshot")
    assert (status, body) == (200, ""), body
    status, body = node.get("?list-type=2&prefix=dev%2F")
    assert status == 200
    assert "<Key>dev/20260101T000000Z.db</Key>" in body
    assert node.get("/dev/20260101T000000Z.db") == (200, "snapshot")
    for status, body in (node.put("prod/1.db", b""), node.get("?list-type=2&prefix=prod%2F"), node.get("/prod/1.db")):
        assert status == 403
        assert "<Code>AccessDenied</Code>" in body


def test_a_body_other_than_the_signed_one_is_refused(aws: Aws, s3: Any, subnet: str, tmp_path: Path) -> None:
    node = Node(aws, subnet, tmp_path)
    (tmp_path / "snapshot.db").write_bytes(b"one")
    other = hashlib.sha256(b"two").hexdigest()
    options = ("-T", str(tmp_path / "snapshot.db"), "-H", f"x-amz-content-sha256: {other}")
    status, body = node.curl.call("s3", f"/{BUCKET}/dev/1.db", *options)
    assert status == 403
    assert "SignatureDoesNotMatch" in body


@pytest.mark.hardening
def test_calls_are_counted_as_iam_spells_them(aws: Aws, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="dev/1.db", Body=b"")
    calls = requests.get(f"{aws.url}/_canal/calls", timeout=5).json()
    assert calls["s3:CreateBucket"] == calls["s3:PutObject"] == 1


@pytest.mark.hardening
def test_what_snapshots_do_not_need_is_refused(aws: Aws, s3: Any) -> None:
    with refused("SandboxNotModelled"):
        s3.put_bucket_website(Bucket=BUCKET, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
