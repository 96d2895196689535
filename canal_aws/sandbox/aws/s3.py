"""S3 as the snapshots of etcd need it, in front of moto's, which answers outside the pipeline of the other services.

moto counts nothing here, knows no rights of a role, gives a new bucket neither of the settings that S3 gives every one
since 2023 (all public access blocked, SSE-S3, owner enforced), and takes a policy's `Deny` without its conditions.
Sources: S3 User Guide, "Default settings for new S3 buckets", "Protecting data with server-side encryption".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

from moto.s3.models import FakeBucket, PublicAccessBlock
from moto.s3.responses import S3Response

from . import s3_requests
from .calls import FLEET_USER_AGENT
from .errors import AwsError, not_modelled
from .hardening import sessions
from .pipeline import Call
from .world import World

log = logging.getLogger(__name__)
_ENCRYPTED = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": "false"}}


@contextmanager
def bucket_gate(world: World) -> Iterator[None]:
    """Let every S3 call pass this gate, until the context ends."""
    originals = {name: getattr(S3Response, name) for name in ("bucket_response", "key_response")}
    get_permission = FakeBucket.get_permission

    def through_gate(name: str) -> Any:
        def answer(response: Any, request: Any, full_url: str, headers: Any) -> Any:
            with world.lock:
                response.setup_class(request)
                asked = s3_requests.read(
                    request.method, request.raw_path, request.args.to_dict(), {k.lower(): v for k, v in headers.items()}
                )
                try:
                    _admit(world, response, asked)
                except AwsError as error:
                    log.info("%s s3:%s %s %s", response.region, asked.action or "?", error.status, error)
                    return error.status, {"content-type": "application/xml"}, _xml(error, asked.resource)
                exists = asked.bucket in world.backend("s3", response.region).buckets
                answered = originals[name](response, request, full_url, headers)
                log.info("%s s3:%s %s", response.region, asked.action, answered[0])
                if asked.action == "CreateBucket" and not exists and answered[0] == 200:
                    _default(world.backend("s3", response.region).buckets[asked.bucket])
                return answered

        return answer

    for name in originals:
        setattr(S3Response, name, through_gate(name))
    FakeBucket.get_permission = _unconditional(get_permission)
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(S3Response, name, original)
        FakeBucket.get_permission = get_permission


def _admit(world: World, response: Any, asked: s3_requests.S3Request) -> None:
    call = Call("s3", asked.action, response, world)
    world.calls.count("s3", asked.action or "?", call.user_agent)
    world.timeline.catch_up()
    if not asked.action:
        raise not_modelled("s3", f"{response.method} {response.uri}", "snapshots need no such call")
    action = f"s3:{asked.action}"
    if action in world.denied and FLEET_USER_AGENT not in call.user_agent:
        raise AwsError("AccessDenied", f"not authorized to perform: {action}", 403)
    sessions.check(call, action, asked.resource, asked.context)


def _default(bucket: Any) -> None:
    bucket.public_access_block = bucket.public_access_block or PublicAccessBlock("true", "true", "true", "true")
    bucket.encryption = bucket.encryption or _ENCRYPTED
    bucket.ownership_rule = bucket.ownership_rule or "BucketOwnerEnforced"


def _unconditional(original: Any) -> Any:
    """Leaves statements with conditions out: of "deny what comes without TLS" nothing could come here, as this endpoint
    has none."""

    def get_permission(bucket: Any, action: str, resource: str) -> Any:
        kept = bucket.policy
        if kept is None:
            return original(bucket, action, resource)
        document = json.loads(kept)
        statements = document["Statement"]
        statements = [statements] if isinstance(statements, dict) else statements
        document["Statement"] = [each for each in statements if not each.get("Condition")]
        bucket.policy = json.dumps(document).encode()
        try:
            return original(bucket, action, resource)
        finally:
            bucket.policy = kept

    return get_permission


def _xml(error: AwsError, resource: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{error.code}</Code>'
        f"<Message>{escape(error.message)}</Message><Resource>{escape(resource)}</Resource></Error>"
    ).encode()
