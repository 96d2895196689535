"""What an S3 request asks for, as IAM spells it: S3's protocol names no operation, it is in method, path and query.

Path-style addresses only (/BUCKET/KEY), which is what SDKs and curl send to an IP address.
Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass

#: (method, what must be in the query; "" for nothing): action on a bucket. HEAD is a list without an answer.
_BUCKET = {
    ("PUT", ""): "CreateBucket",
    ("DELETE", ""): "DeleteBucket",
    ("HEAD", ""): "ListBucket",
    ("GET", ""): "ListBucket",
    ("GET", "list-type"): "ListBucket",
    ("GET", "versions"): "ListBucketVersions",
    ("GET", "location"): "GetBucketLocation",
    ("POST", "delete"): "DeleteObject",
}
#: Configurations of a bucket by their query key: the end of the action's name. Removing one needs the right to put it.
_CONFIGURATIONS = {
    "publicAccessBlock": "BucketPublicAccessBlock",
    "encryption": "EncryptionConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "versioning": "BucketVersioning",
    "ownershipControls": "BucketOwnershipControls",
    "tagging": "BucketTagging",
    "policy": "BucketPolicy",
}
_OBJECT = {
    ("PUT", False): "PutObject",
    ("GET", False): "GetObject",
    ("HEAD", False): "GetObject",
    ("DELETE", False): "DeleteObject",
    ("GET", True): "GetObjectVersion",
    ("HEAD", True): "GetObjectVersion",
    ("DELETE", True): "DeleteObjectVersion",
}
#: Of an object, and not modelled: copies, parts, locks, access lists.
_UNKNOWN_OBJECT_QUERIES = {"acl", "tagging", "uploads", "uploadId", "retention", "legal-hold", "torrent", "restore"}


@dataclass(frozen=True)
class S3Request:
    """`action` without "s3:", empty for what is not modelled; `key` is empty for a bucket's own calls."""

    action: str
    bucket: str
    key: str
    prefix: str

    @property
    def resource(self) -> str:
        """Its ARN."""
        if not self.bucket:
            return "*"
        return f"arn:aws:s3:::{self.bucket}" + (f"/{self.key}" if self.key else "")

    @property
    def context(self) -> dict[str, str]:
        """The condition keys that a policy may ask about."""
        return {"s3:prefix": self.prefix} if self.action.startswith("ListBucket") and self.bucket else {}


def read(method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> S3Request:
    """`path` as it was sent, still percent-encoded."""
    bucket, _, key = urllib.parse.unquote(path.lstrip("/")).partition("/")
    action = _action(method, bucket, key, query, headers)
    return S3Request(action, bucket, key, query.get("prefix", ""))


def _action(method: str, bucket: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    if not bucket:
        return "ListAllMyBuckets" if method == "GET" else ""
    if key:
        if _UNKNOWN_OBJECT_QUERIES & set(query) or "x-amz-copy-source" in headers:
            return ""
        return _OBJECT.get((method, "versionId" in query), "")
    for name, suffix in _CONFIGURATIONS.items():
        if name in query:
            if name == "policy" and method == "DELETE":
                return "DeleteBucketPolicy"
            return {"GET": "Get", "PUT": "Put", "DELETE": "Put"}.get(method, "") and (
                ("Get" if method == "GET" else "Put") + suffix
            )
    for (verb, name), action in _BUCKET.items():
        if verb == method and name and name in query:
            return action
    unknown = {"acl", "cors", "logging", "notification", "website", "replication", "accelerate", "inventory", "uploads"}
    return "" if unknown & set(query) else _BUCKET.get((method, ""), "")
