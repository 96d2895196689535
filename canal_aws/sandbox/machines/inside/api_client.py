"""The Kubernetes API as a kubelet asks it: with the client certificate of its kubeconfig, by the names that its machine knows."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import ssl
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from canal_aws.sandbox.machines.inside.root import Root

_SECONDS = 20.0
_READY_SECONDS = 2.0
API_PORT = 6443
"""kubeadm's localAPIEndpoint.bindPort, unless told otherwise."""

CURRENT_CERTIFICATE = "/var/lib/kubelet/pki/kubelet-client-current.pem"
"""Where the kubelet keeps certificate and key, and what kubeadm's kubelet-finalize phase makes kubelet.conf name."""


class ApiError(Exception):
    """The API refused (`status` is HTTP's), or it could not be asked (0)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Kubeconfig:
    """The current context of a kubeconfig in a machine. ValueError or OSError while it is incomplete."""

    def __init__(self, root: Root, path: str) -> None:
        config = yaml.safe_load(root.path(path).read_text())
        try:
            context = _named(config["contexts"], config["current-context"])["context"]
            cluster = _named(config["clusters"], context["cluster"])["cluster"]
            user = _named(config["users"], context["user"])["user"]
            url = urllib.parse.urlsplit(cluster["server"])
            self.host, self.port = url.hostname or "", url.port or 443
            authority = cluster.get("certificate-authority-data")
            self.authority = (
                base64.b64decode(authority).decode()
                if authority
                else root.path(cluster["certificate-authority"]).read_text()
            )
            self.certificate = self._certificate(root, user)
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path} is no kubeconfig: {error!r}") from error

    @staticmethod
    def _certificate(root: Root, user: dict[str, str]) -> Path:
        """The file with certificate and key. Embedded ones are put where a kubelet that rotates them keeps its own."""
        if "client-certificate-data" in user:
            file = root.path(CURRENT_CERTIFICATE)
            file.parent.mkdir(parents=True, exist_ok=True)
            parts = (base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key"))
            file.write_bytes(b"".join(parts))
            file.chmod(0o600)
            return file
        # The kubelet's file is a link to one whose name has a date, by an absolute path of the machine's.
        file = root.path(user["client-certificate"])
        return root.path(str(file.readlink())) if file.is_symlink() else file


class ApiClient:
    """One connection, for one thread. `address_of` resolves names as the machine would."""

    def __init__(self, config: Kubeconfig, address_of: Callable[[str], str]) -> None:
        context = ssl.create_default_context(cadata=config.authority)
        context.load_cert_chain(config.certificate)
        self._connection = _Connection(config.host, config.port, context, address_of)

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, body)

    def merge(self, path: str, body: Any) -> Any:
        """A JSON merge patch."""
        return self._call("PATCH", path, body, "application/merge-patch+json")

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path, {"gracePeriodSeconds": 0})

    def close(self) -> None:
        self._connection.close()

    def _call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        payload = None if body is None else json.dumps(body)
        try:
            self._connection.request(method, path, payload, {"Content-Type": kind, "User-Agent": "kubelet-stand-in"})
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise ApiError(0, f"{self._connection.host}: {error}") from error
        if response.status >= 300:
            try:
                message = json.loads(text)["message"]
            except (ValueError, KeyError, TypeError):
                message = text.decode(errors="replace")
            raise ApiError(response.status, message)
        return json.loads(text)


class _Connection(http.client.HTTPSConnection):
    def __init__(self, host: str, port: int, context: ssl.SSLContext, address_of: Callable[[str], str]) -> None:
        super().__init__(host, port, timeout=_SECONDS, context=context)
        self._tls = context
        self._address_of = address_of

    def connect(self) -> None:
        plain = socket.create_connection((self._address_of(self.host), self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def api_is_ready(address: str) -> bool:
    """Whether an API server says so to anyone who asks, which its first roles have to allow (system:public-info-viewer)."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent and nothing is believed
    connection = http.client.HTTPSConnection(address, API_PORT, timeout=_READY_SECONDS, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)
