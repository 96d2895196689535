"""A few requests to the Kubernetes API that a kubeconfig names: no client library, no watch.

Proxies are those of the environment, as kubectl's: HTTPS_PROXY is the way to an API that is private to the VPC.
"""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import yaml

from canal_aws.stack.errors import ApiError

_SECONDS = 20.0
_NOT_FOUND, _CONFLICT = 404, 409
_MERGE_PATCH = "application/merge-patch+json"  # RFC 7386
Object = dict[str, Any]


class KubernetesApi:
    """One identity at one API server. Objects are plain dicts, as in their JSON. Raises ApiError."""

    def __init__(self, kubeconfig: str) -> None:
        document = yaml.safe_load(kubeconfig)
        cluster, user = document["clusters"][0]["cluster"], document["users"][0].get("user") or {}
        self.server = str(cluster["server"]).rstrip("/")
        self._context = _context(cluster, user)
        self._token = user.get("token")

    def get(self, path: str) -> Object:
        """The object or list at `path`, such as /api/v1/nodes."""
        return self._ask("GET", path)

    def find(self, path: str) -> Object | None:
        """The object at `path`; None where there is no such thing."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise

    def create(self, path: str, body: Object) -> Object:
        """POST to a collection or subresource."""
        return self._ask("POST", path, body)

    def merge(self, path: str, patch: Object) -> Object:
        """Patch with JSON merge semantics."""
        return self._ask("PATCH", path, patch, _MERGE_PATCH)

    def delete(self, path: str, uid: str, grace_seconds: int | None = None) -> None:
        """Delete the object with this very uid; where it is not there, or another has its name, nothing is done."""
        options: Object = {"preconditions": {"uid": uid}}
        if grace_seconds is not None:
            options["gracePeriodSeconds"] = grace_seconds
        try:
            self._ask("DELETE", path, options)
        except ApiError as error:
            if error.status not in (_NOT_FOUND, _CONFLICT):
                raise

    def ready(self) -> bool:
        """Whether /readyz answers 200: the API server serves, and its etcd answers."""
        try:
            self._send("GET", "/readyz", None, "")
        except ApiError:
            return False
        return True

    def _ask(self, method: str, path: str, body: Object | None = None, content: str = "application/json") -> Object:
        text = self._send(method, path, body, content)
        try:
            answer: Object = json.loads(text)
        except ValueError as error:
            raise ApiError(f"{method} {path}: the answer of {self.server} is no JSON: {error}") from None
        return answer

    def _send(self, method: str, path: str, body: Object | None, content: str) -> bytes:
        request = Request(self.server + path, method=method, headers={"Accept": "application/json"})
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", content)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_SECONDS, context=self._context) as answer:
                return bytes(answer.read())
        except HTTPError as error:
            raise ApiError(f"{method} {path}: {_said(error)}", error.code) from None
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise ApiError(f"the Kubernetes API at {self.server} does not answer: {reason}") from None


def _said(error: HTTPError) -> str:
    """HTTP status, and the message of the API's own Status object where there is one."""
    try:
        message = str(json.loads(error.read())["message"])
    except (OSError, ValueError, KeyError, TypeError):
        message = ""
    return f"HTTP {error.code} {error.reason}" + (f": {message}" if message else "")


def _context(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    authority = cluster.get("certificate-authority-data")
    context = ssl.create_default_context(cadata=base64.b64decode(authority).decode() if authority else None)
    if user.get("client-certificate-data"):
        # OpenSSL reads certificates and keys from files alone; this one is the owner's only, and gone at once.
        with tempfile.NamedTemporaryFile(prefix="canal-aws-") as file:
            file.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            file.flush()
            context.load_cert_chain(file.name)
    return context
