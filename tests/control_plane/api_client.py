"""A few calls to an API server over HTTPS with a client certificate: no client library, no watch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import requests

from canal_aws.sandbox.fleet.errors import ApiError

_TIMEOUT = (2.0, 10.0)  # seconds to connect and to answer


class ApiClient:
    """One identity at one API server. Objects are plain dicts, as in their JSON. Not shared between threads."""

    def __init__(self, server: str, ca: Path, certificate: Path | None = None, key: Path | None = None) -> None:
        self.server = server
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, no netrc: the server is on this machine
        self._session.verify = str(ca)
        if certificate and key:
            self._session.cert = (str(certificate), str(key))

    def get(self, path: str) -> dict[str, Any]:
        """The object or list at `path`, such as /api/v1/nodes."""
        return self._json("GET", path)

    def find(self, path: str) -> dict[str, Any] | None:
        """The object at `path`, or None where there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == requests.codes.not_found:
                return None
            raise

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """POST to a collection; ApiError with status 409 where the name is taken."""
        return self._json("POST", path, body)

    def merge(self, path: str, patch: dict[str, Any]) -> dict[str, Any]:
        """Patch with JSON merge semantics (RFC 7386)."""
        return self._json("PATCH", path, patch, content_type="application/merge-patch+json")

    def delete(self, path: str, grace_seconds: int | None = None) -> None:
        """Delete the object; one that is not there is no error."""
        body = None if grace_seconds is None else {"gracePeriodSeconds": grace_seconds}
        try:
            self._json("DELETE", path, body)
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        try:
            return bool(self._session.get(f"{self.server}/readyz", timeout=_TIMEOUT).ok)
        except requests.RequestException:
            return False

    def close(self) -> None:
        self._session.close()

    def _json(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        try:
            response = self._session.request(
                method, f"{self.server}{path}", json=body, headers={"Content-Type": content_type}, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            raise ApiError(f"{method} {path}: the API server at {self.server} does not answer: {error}", 0) from error
        if not response.ok:
            raise ApiError(f"{method} {path}: HTTP {response.status_code}: {response.text[:500]}", response.status_code)
        answer: dict[str, Any] = response.json()
        return answer
