"""Signature Version 4, computed anew for a request that a role's session signed.

Source: IAM User Guide, "Create a signed AWS API request". The computation is botocore's.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .roles import Session

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, *"
    r"SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})"
)
_CHECKSUM = "X-Amz-Content-SHA256"
_BODY = "canal.body"


def access_key(headers: Mapping[str, str]) -> str:
    """The access key id that a request names; empty where there is none."""
    found = _AUTHORIZATION.match(headers.get("Authorization", ""))
    return found.group(1) if found else ""


def keep_body(environ: dict[str, Any]) -> None:
    """Keep the bytes of a session's request beside it: of a form, its parser leaves nothing to be signed."""
    if "Credential=ASIA" in environ.get("HTTP_AUTHORIZATION", ""):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ[_BODY], environ["wsgi.input"] = body, io.BytesIO(body)


def is_signed_by(session: Session, request: Any) -> bool:
    """Whether the session's secret made the signature, over the host, the date, the token and the very body."""
    headers, body = request.headers, request.environ[_BODY]
    found = _AUTHORIZATION.match(headers.get("Authorization", ""))
    if found is None or headers.get("X-Amz-Security-Token") != session.token:
        return False
    _, _, region, service, signed, signature = found.groups()
    names = signed.split(";")
    if not {"host", "x-amz-date", "x-amz-security-token"} <= set(names):
        return False
    if not _is_of(body, headers.get(_CHECKSUM), signed=_CHECKSUM.lower() in names):
        return False
    query = f"?{text}" if (text := request.query_string.decode()) else ""
    signing = AWSRequest(
        request.method,
        f"http://{headers.get('Host')}{request.raw_path}{query}",
        headers={name: headers.get(name, "") for name in names},
        data=body,
    )
    signing.context["timestamp"] = headers["X-Amz-Date"]
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    auth = kind(Credentials(session.access_key, session.secret_key, session.token), service, region)
    text = auth.string_to_sign(signing, auth.canonical_request(signing))
    return bool(auth.signature(text, signing) == signature)


def _is_of(body: bytes, checksum: str | None, *, signed: bool) -> bool:
    """Whether the checksum, where one is sent, is signed and the body's; the two other forms are S3's of a stream."""
    if checksum is None:
        return True
    if checksum == "UNSIGNED-PAYLOAD" or checksum.startswith("STREAMING-"):
        return signed
    return signed and checksum == hashlib.sha256(body).hexdigest()
