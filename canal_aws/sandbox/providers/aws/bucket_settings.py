"""What is set on a bucket by resources of their own: public access, encryption, versions, lifecycle.

Each has the bucket's name for its id, is put whole, and stays for S3's default when it is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canal_aws.sandbox.providers.aws.buckets import GONE
from canal_aws.sandbox.providers.aws.errors import code_of
from canal_aws.sandbox.providers.aws.network import MINUTE
from canal_aws.sandbox.providers.aws.operation import Operation
from canal_aws.sandbox.providers.aws.schema import Inputs, Property, ResourceType, State, region
from canal_aws.sandbox.providers.aws.spelling import as_api, as_properties

SOURCE = "terraform-provider-aws internal/service/s3/{}.go"


def _setting(
    name: str,
    label: str,
    source: str,
    properties: Mapping[str, Property],
    put: Callable[[Any, str, State], Any],
    get: Callable[[Any, str], State | None],
    delete: Callable[[Any, str, State], Any],
    absent: str = "",
) -> ResourceType:
    """A type whose `put` and `get` are one request each; `absent` is S3's code for a bucket without the setting."""

    def written(inputs: Inputs) -> State:
        return {key: inputs[key] for key in properties if key in inputs}

    def create(operation: Operation, inputs: Inputs) -> State:
        bucket = inputs["bucket"]
        operation.retry(lambda: put(operation.aws.s3, bucket, written(inputs)), ("NoSuchBucket",), 2 * MINUTE)
        state = {"bucket": bucket, **written(inputs)}
        operation.created(bucket, state)
        return state

    def read(operation: Operation, resource_id: str, prior: State) -> State | None:
        try:
            found = get(operation.aws.s3, resource_id)
        except Exception as error:
            if code_of(error) in (*GONE, absent):
                return None
            raise
        return None if found is None else {"bucket": resource_id, **found}

    def update(operation: Operation, resource_id: str, old: State, new: Inputs, changed: frozenset[str]) -> State:
        put(operation.aws.s3, resource_id, written(new))
        return {"bucket": resource_id, **written(new)}

    def remove(operation: Operation, resource_id: str, state: State) -> None:
        operation.ignore(lambda: delete(operation.aws.s3, resource_id, state), (*GONE, absent))

    return ResourceType(
        token=f"aws:s3/{name[:1].lower()}{name[1:]}:{name}",
        label=label,
        source=source,
        properties={"bucket": Property("required", source=source), **properties, **region()},
        create=create,
        read=read,
        update=update,
        delete=remove,
        called=lambda inputs: str(inputs["bucket"]),
    )


_BLOCK = SOURCE.format("bucket_public_access_block")
_ENCRYPTION = SOURCE.format("bucket_server_side_encryption_configuration")
_VERSIONING = SOURCE.format("bucket_versioning")
_LIFECYCLE = SOURCE.format("bucket_lifecycle_configuration")


def _block(s3: Any, bucket: str, state: State) -> Any:
    return s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=as_api(state))


def _block_found(s3: Any, bucket: str) -> State:
    return dict(as_properties(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]))


def _encrypt(s3: Any, bucket: str, state: State) -> Any:
    return s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=as_api(state))


def _encryption_found(s3: Any, bucket: str) -> State:
    found: State = as_properties(s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"])
    for rule in found["rules"]:
        # S3 tells the switch also where nobody set it.
        if not rule.get("bucketKeyEnabled"):
            rule.pop("bucketKeyEnabled", None)
    return found


def _version(s3: Any, bucket: str, state: State) -> Any:
    wanted = as_api(state["versioningConfiguration"])
    return s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=wanted)


def _versioning_found(s3: Any, bucket: str) -> State | None:
    status = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    return {"versioningConfiguration": {"status": status}} if status else None


def _suspend(s3: Any, bucket: str, state: State) -> Any:
    """Versioning cannot be unset, only suspended (S3 User Guide, "Using versioning in S3 buckets")."""
    return s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def _expire(s3: Any, bucket: str, state: State) -> Any:
    return s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=as_api(state))


def _lifecycle_found(s3: Any, bucket: str) -> State:
    return {"rules": as_properties(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"])}


def _flag() -> Property:
    return Property("optional", "bool", "update", default=False, source=_BLOCK)


def _fields(source: str, **fields: Property | str) -> dict[str, Property]:
    """Optional fields: a Property, or a shape's name."""
    return {
        name: known if isinstance(known, Property) else Property("optional", known, source=source)  # type: ignore[arg-type]
        for name, known in fields.items()
    }


def _object(source: str, **fields: Property | str) -> Property:
    return Property("optional", "object", fields=_fields(source, **fields), source=source)


TYPES = (
    _setting(
        "BucketPublicAccessBlock",
        "S3 Bucket Public Access Block",
        _BLOCK,
        {
            "blockPublicAcls": _flag(),
            "blockPublicPolicy": _flag(),
            "ignorePublicAcls": _flag(),
            "restrictPublicBuckets": _flag(),
        },
        _block,
        _block_found,
        lambda s3, bucket, _: s3.delete_public_access_block(Bucket=bucket),
        "NoSuchPublicAccessBlockConfiguration",
    ),
    _setting(
        "BucketServerSideEncryptionConfiguration",
        "S3 Bucket Server-side Encryption Configuration",
        _ENCRYPTION,
        {
            "rules": Property(
                "required",
                "objects",
                "update",
                fields=_fields(
                    _ENCRYPTION,
                    applyServerSideEncryptionByDefault=_object(
                        _ENCRYPTION,
                        sseAlgorithm=Property("required", values=("AES256", "aws:kms"), source=_ENCRYPTION),
                        kmsMasterKeyId="string",
                    ),
                    bucketKeyEnabled="bool",
                ),
                source=_ENCRYPTION,
            )
        },
        _encrypt,
        _encryption_found,
        lambda s3, bucket, _: s3.delete_bucket_encryption(Bucket=bucket),
        "ServerSideEncryptionConfigurationNotFoundError",
    ),
    _setting(
        "BucketVersioning",
        "S3 Bucket Versioning",
        _VERSIONING,
        {
            "versioningConfiguration": Property(
                "required",
                "object",
                "update",
                fields={
                    "status": Property(
                        "required",
                        values=("Enabled", "Suspended"),
                        source=f"{_VERSIONING}; Disabled, for a bucket that never had any, is not modelled",
                    )
                },
                source=_VERSIONING,
            )
        },
        _version,
        _versioning_found,
        _suspend,
    ),
    _setting(
        "BucketLifecycleConfiguration",
        "S3 Bucket Lifecycle Configuration",
        _LIFECYCLE,
        {
            "rules": Property(
                "required",
                "objects",
                "update",
                fields=_fields(
                    _LIFECYCLE,
                    id=Property("required", source=_LIFECYCLE),
                    status=Property("required", values=("Enabled", "Disabled"), source=_LIFECYCLE),
                    filter=Property(
                        "required",
                        "object",
                        fields=_fields(_LIFECYCLE, prefix="string"),
                        source=f"{_LIFECYCLE}; optional there, with a warning",
                    ),
                    expiration=_object(_LIFECYCLE, days="int"),
                    noncurrentVersionExpiration=_object(_LIFECYCLE, noncurrentDays="int"),
                    abortIncompleteMultipartUpload=_object(_LIFECYCLE, daysAfterInitiation="int"),
                ),
                source=f"{_LIFECYCLE}; optional there",
            )
        },
        _expire,
        _lifecycle_found,
        lambda s3, bucket, _: s3.delete_bucket_lifecycle(Bucket=bucket),
        "NoSuchLifecycleConfiguration",
    ),
)
