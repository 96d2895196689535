"""S3's Bucket: its table and what is done with it. What is set on a bucket afterwards: bucket_settings.py."""

from __future__ import annotations

from typing import Any

from canal_aws.sandbox.providers.aws import tags
from canal_aws.sandbox.providers.aws.errors import code_of
from canal_aws.sandbox.providers.aws.network import MINUTE
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Autoname, Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.schema import tags as tag_properties

SOURCE = "terraform-provider-aws internal/service/s3/bucket.go"

GONE = ("NoSuchBucket", "404", "NotFound")

ELSEWHERE = "is refused: pulumi-aws deprecates it in favour of a resource of its own, which is what the stand-in models"
_DEFAULT_REGION = "us-east-1"


def create_bucket(operation: Operation, inputs: Inputs) -> State:
    s3, name = operation.aws.s3, inputs["bucket"]
    request: dict[str, Any] = {"Bucket": name}
    if operation.aws.region != _DEFAULT_REGION:
        # S3 refuses the constraint there and wants it everywhere else (API reference, CreateBucket).
        request["CreateBucketConfiguration"] = {"LocationConstraint": operation.aws.region}
    # A bucket of that name that was just deleted may still be on its way out.
    operation.retry(lambda: s3.create_bucket(**request), ("OperationAborted",), 2 * MINUTE)
    state = _state(operation, name, inputs)
    operation.created(name, {**state, "tags": {}})
    if inputs.get("tags"):
        operation.retry(lambda: _put_tags(operation, name, inputs["tags"]), ("NoSuchBucket",), 2 * MINUTE)
    return state


def _put_tags(operation: Operation, name: str, wanted: Any) -> None:
    operation.aws.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags.pairs(wanted)})


def _state(operation: Operation, name: str, prior: Inputs) -> State:
    region_name = operation.aws.region
    return {
        "arn": f"arn:{operation.aws.partition}:s3:::{name}",
        "bucket": name,
        "bucketDomainName": f"{name}.s3.amazonaws.com",
        "bucketRegion": region_name,
        "bucketRegionalDomainName": f"{name}.s3.{region_name}.amazonaws.com",
        "forceDestroy": bool(prior.get("forceDestroy")),
        "tags": dict(prior.get("tags") or {}),
    }


def read_bucket(operation: Operation, resource_id: str, prior: State) -> State | None:
    s3 = operation.aws.s3
    if not operation.ignore(lambda: s3.head_bucket(Bucket=resource_id), GONE):
        return None
    try:
        found = s3.get_bucket_tagging(Bucket=resource_id)["TagSet"]
    except Exception as error:
        if code_of(error) != "NoSuchTagSet":
            raise
        found = []
    return _state(operation, resource_id, prior) | {"tags": tags.mapping(found)}


def update_bucket(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
    if "tags" in changed:
        if new.get("tags"):
            _put_tags(operation, resource_id, new["tags"])
        else:
            operation.aws.s3.delete_bucket_tagging(Bucket=resource_id)
    return dict(old) | _state(operation, resource_id, new)


def delete_bucket(operation: Operation, resource_id: str, state: State) -> None:
    """S3 takes an empty bucket only; `forceDestroy`, recorded before, empties it, versions and all."""
    if state.get("forceDestroy"):
        operation.ignore(lambda: _empty(operation, resource_id), GONE)
    operation.ignore(lambda: operation.aws.s3.delete_bucket(Bucket=resource_id), GONE)


def _empty(operation: Operation, name: str) -> None:
    s3 = operation.aws.s3
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
        if objects:
            s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})


TYPES = (
    ResourceType(
        token="aws:s3/bucket:Bucket",
        label="S3 Bucket",
        source=SOURCE,
        # Lower case and 63 characters: S3 User Guide, "Bucket naming rules"; pulumi-aws, provider/resources.go.
        autoname=Autoname(63, "bucket"),
        called=lambda inputs: str(inputs["bucket"]),
        deletes_first=True,
        refuses=dict.fromkeys(
            (
                "acl",
                "corsRules",
                "grants",
                "lifecycleRules",
                "logging",
                "policy",
                "replicationConfiguration",
                "requestPayer",
                "serverSideEncryptionConfiguration",
                "versioning",
                "website",
            ),
            ELSEWHERE,
        ),
        properties={
            "bucket": Property("optional-computed", source=SOURCE),
            "forceDestroy": Property("optional", "bool", "update", source=SOURCE),
            "arn": Property("computed", source=SOURCE),
            "bucketDomainName": Property("computed", source=SOURCE),
            "bucketRegion": Property("computed", source=SOURCE),
            "bucketRegionalDomainName": Property("computed", source=SOURCE),
            **tag_properties(SOURCE),
            **region(),
        },
        create=create_bucket,
        read=read_bucket,
        update=update_bucket,
        delete=delete_bucket,
    ),
)
