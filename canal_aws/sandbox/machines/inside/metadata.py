"""EC2's instance metadata service, version 2, as the nodes' scripts and AWS's SDKs ask it.

Source of paths and answers: EC2 User Guide, "Instance metadata categories" and "Use the Instance Metadata Service".
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from canal_aws.sandbox.machines.inside.http_server import Request, Response
from canal_aws.sandbox.machines.instance import Instance

_LONGEST_SECONDS = 21_600
_VERSIONS = ("latest", "2021-03-23", "2022-09-24")  # before 2021-03-23 there are no tags
_CREDENTIALS = "iam/security-credentials/"


class Metadata:
    """Who asks is told by the source address. `user_data` is what the instance was launched with."""

    def __init__(self, instance_at: Callable[[str], tuple[Instance, bytes] | None]) -> None:
        self._instance_at = instance_at
        self._tokens: dict[str, tuple[str, float]] = {}  # token: address that may use it, end

    def answer(self, request: Request) -> Response:
        """The answer to one request."""
        found = self._instance_at(request.source)
        if found is None:
            return Response(404)
        if request.method == "PUT" and request.path == "/latest/api/token":
            return self._token(request)
        if request.method != "GET":
            return Response(405)
        allowed, end = self._tokens.get(request.headers.get("x-aws-ec2-metadata-token", ""), ("", 0.0))
        if allowed != request.source or end < time.monotonic():
            return Response(401)  # IMDSv2 is required: no answer without a session
        version, _, path = request.path.strip("/").partition("/")
        instance, user_data = found
        if version not in _VERSIONS:
            return Response(404)
        if path == "user-data":
            return Response(200, user_data) if user_data else Response(404)
        if path == "dynamic/instance-identity/document":
            return Response(200, json.dumps(_document(instance)).encode())
        kind, _, item = path.partition("/")
        text = _item(instance, item + "/" * request.path.endswith("/")) if kind == "meta-data" else None
        return Response(404) if text is None else Response(200, text.encode())

    def _token(self, request: Request) -> Response:
        lifetime = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
        if not lifetime.isdigit() or not 1 <= int(lifetime) <= _LONGEST_SECONDS:
            return Response(400)
        if "x-forwarded-for" in request.headers:
            return Response(403)
        token = secrets.token_urlsafe(40)
        self._tokens = {key: value for key, value in self._tokens.items() if value[1] > time.monotonic()}
        self._tokens[token] = (request.source, time.monotonic() + int(lifetime))
        return Response(200, token.encode(), {"X-Aws-Ec2-Metadata-Token-Ttl-Seconds": lifetime})


def _item(instance: Instance, path: str) -> str | None:
    fixed = {
        "instance-id": instance.id,
        "instance-type": instance.instance_type,
        "local-ipv4": instance.private_ip,
        "local-hostname": instance.local_hostname,
        "hostname": instance.local_hostname,
        "placement/availability-zone": instance.availability_zone,
        "placement/region": instance.region,
        "services/domain": "amazonaws.com",
        "services/partition": "aws",
    }
    if path in fixed:
        return fixed[path]
    if path.rstrip("/") == "tags/instance":
        return "\n".join(sorted(instance.tags)) if instance.tags else None
    if path.startswith("tags/instance/"):
        return instance.tags.get(path.removeprefix("tags/instance/"))
    if instance.role and instance.credentials and path.startswith(_CREDENTIALS.rstrip("/")):
        asked = path.removeprefix(_CREDENTIALS.rstrip("/")).strip("/")
        return instance.role if not asked else _credentials(instance) if asked == instance.role else None
    return None


def _credentials(instance: Instance) -> str:
    assert instance.credentials
    now = datetime.now(UTC)
    return json.dumps(
        {
            "Code": "Success",
            "LastUpdated": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Type": "AWS-HMAC",
            "AccessKeyId": instance.credentials.access_key_id,
            "SecretAccessKey": instance.credentials.secret_access_key,
            "Token": instance.credentials.token,
            "Expiration": (now + timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def _document(instance: Instance) -> dict[str, str]:
    return {
        "instanceId": instance.id,
        "instanceType": instance.instance_type,
        "privateIp": instance.private_ip,
        "availabilityZone": instance.availability_zone,
        "region": instance.region,
        "architecture": {"amd64": "x86_64"}.get(instance.architecture, instance.architecture),
        "version": "2017-09-30",
    }
