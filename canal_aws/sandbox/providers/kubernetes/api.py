"""Requests to one API server: pooled connections, answers as plain dicts, refusals as ApiError."""

from __future__ import annotations

import ipaddress
import os
import ssl
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from canal_aws.sandbox.providers.kubernetes import VERSION
from canal_aws.sandbox.providers.kubernetes.errors import ApiError, ClusterUnreachable
from canal_aws.sandbox.providers.kubernetes.kubeconfig import Access

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0
"""The API server itself gives up on a request after 60 s (kube-apiserver --request-timeout)."""

CONNECTIONS = 32
BUSY_ATTEMPTS = 10
"""client-go repeats a request that is answered 429 up to ten times, after the time the server names."""

APPLY = "application/apply-patch+yaml"
JSON_PATCH = "application/json-patch+json"


class Api:
    """Safe for use by several threads at once."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._local = threading.local()
        self._adapter = _Adapter(_ssl_context(access), access)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """The server's answer to one request. Raises ApiError, or ClusterUnreachable where none comes."""
        for attempt in range(1, BUSY_ATTEMPTS + 1):
            response = self._send(method, path, query, body, content_type)
            if response.status_code != requests.codes.too_many_requests or attempt == BUSY_ATTEMPTS:
                break
            time.sleep(float(response.headers.get("Retry-After") or 1))
        if response.ok:
            answer: dict[str, Any] = response.json()
            return answer
        raise _refusal(response)

    def get(self, path: str) -> dict[str, Any]:
        return self.request("GET", path)

    def close(self) -> None:
        self._adapter.close()

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Any, content_type: str
    ) -> requests.Response:
        headers = {"Content-Type": content_type} if body is not None else None
        try:
            return self._session().request(
                method,
                self.access.server + path,
                params=query,
                json=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            )
        except requests.RequestException as error:
            raise ClusterUnreachable(f"{self.access.server} does not answer: {_cause(error)}") from error

    def _session(self) -> requests.Session:
        """A session of this thread's own; the connections behind it are shared."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False  # no netrc; of proxies the one that leads into the VPCs
            session.proxies = {"https": _proxy_to(self.access.server)}
            session.mount("https://", self._adapter)
            session.mount("http://", self._adapter)
            session.headers["User-Agent"] = f"canal-aws stand-in for pulumi-kubernetes/{VERSION}"
            session.headers["Accept"] = "application/json"
            if self.access.token:
                session.headers["Authorization"] = f"Bearer {self.access.token}"
            self._local.session = session
        return session


class _Adapter(HTTPAdapter):
    """Connections with the kubeconfig's certificates; `tls-server-name` is checked in place of the host."""

    def __init__(self, context: ssl.SSLContext, access: Access) -> None:
        self._context = context
        self._access = access
        super().__init__(pool_connections=1, pool_maxsize=CONNECTIONS, pool_block=True)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        options.update(self._tls())
        super().init_poolmanager(*arguments, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        options.update(self._tls())
        return super().proxy_manager_for(proxy, **options)

    def _tls(self) -> dict[str, Any]:
        options: dict[str, Any] = {"ssl_context": self._context}
        if self._access.server_name:
            options["server_hostname"] = self._access.server_name
            options["assert_hostname"] = self._access.server_name
        if not self._access.verify:
            options["assert_hostname"] = False
        return options

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """requests would load its own bundle of authorities here; the context has the cluster's."""


def _proxy_to(server: str) -> str:
    """What HTTPS_PROXY says, as client-go reads it: never for this machine itself (golang.org/x/net/http/httpproxy)."""
    host = urllib.parse.urlsplit(server).hostname or ""
    try:
        if host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return ""
    except ValueError:
        pass
    return os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""


def _ssl_context(access: Access) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if access.certificate_authority:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cadata=access.certificate_authority.decode("ascii"))
        except (ValueError, ssl.SSLError) as error:
            raise ClusterUnreachable(f"kubeconfig: certificate-authority is not a PEM certificate: {error}") from error
    if not access.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_certificate and access.client_key:
        _load_client(context, access.client_certificate, access.client_key)
    return context


def _load_client(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """OpenSSL reads a key from a file alone: one with mode 0600 that is gone when this returns."""
    handle, path = tempfile.mkstemp(prefix="canal-aws-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(certificate.rstrip() + b"\n" + key)
        context.load_cert_chain(path)
    except ssl.SSLError as error:
        raise ClusterUnreachable(
            f"kubeconfig: client-certificate and client-key are no PEM pair: {error.reason or error}"
        ) from error
    finally:
        Path(path).unlink()


def _refusal(response: requests.Response) -> ApiError:
    """The API's own Status object where there is one; proxies and aggregated APIs may answer with anything."""
    try:
        status = response.json()
    except ValueError:
        status = {}
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return ApiError(f"HTTP {response.status_code}: {response.text[:300]}", response.status_code)
    causes = (status.get("details") or {}).get("causes") or []
    message = " ".join(str(status.get("message") or response.reason).split())
    return ApiError(message, response.status_code, str(status.get("reason") or ""), causes)


def _cause(error: BaseException) -> str:
    """The innermost reason, such as `[Errno 111] Connection refused`."""
    inner: BaseException = error
    while True:
        reason = getattr(inner, "reason", None)
        following = reason if isinstance(reason, BaseException) else inner.__cause__ or inner.__context__
        if following is None or following is inner:
            return str(inner) or type(inner).__name__
        inner = following
