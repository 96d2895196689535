"""The cluster as its administrator sees it: with the admin.conf of one of its machines, through the VPC's proxy."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import requests
import yaml

from canal_aws.sandbox.fleet.errors import AnotherAuthority, ApiError

ADMIN_CONF = "/etc/kubernetes/admin.conf"
_TIMEOUT = (2.0, 10.0)  # seconds to connect and to answer
_METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


class Admin:
    """Calls of the API server with a kubeconfig's credentials. Not shared between threads.

    `folder` is its own: it keeps the kubeconfig and what is in it in files that only their owner reads.
    """

    def __init__(self, kubeconfig: str, folder: Path, proxy: str) -> None:
        config = yaml.safe_load(kubeconfig)
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.kubeconfig_path = _write(folder / "admin.conf", kubeconfig.encode())
        self.server: str = cluster["server"]
        self.proxy = proxy
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": proxy}
        self._session.verify = _write(folder / "ca.crt", _decoded(cluster, "certificate-authority-data"))
        self._session.cert = (
            _write(folder / "admin.crt", _decoded(user, "client-certificate-data")),
            _write(folder / "admin.key", _decoded(user, "client-key-data")),
        )

    def ready(self) -> bool:
        """Whether /readyz answers 200."""
        try:
            return bool(self._session.get(f"{self.server}/readyz", timeout=_TIMEOUT).ok)
        except requests.RequestException:
            return False

    def nodes(self) -> dict[str, dict[str, str]]:
        """The annotations of every Node, by its name."""
        found = self._json("GET", "/api/v1/nodes", accept=_METADATA)
        return {node["metadata"]["name"]: node["metadata"].get("annotations") or {} for node in found["items"]}

    def pod_subnet(self) -> str:
        """networking.podSubnet of the ClusterConfiguration that kubeadm uploaded."""
        found = self._json("GET", "/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
        return str(yaml.safe_load(found["data"]["ClusterConfiguration"])["networking"]["podSubnet"])

    def version(self) -> str:
        """The API server's, without "v"."""
        return str(self._json("GET", "/version")["gitVersion"]).removeprefix("v")

    def annotate(self, node: str, annotation: str, value: str | None) -> None:
        """Set a Node's annotation, or remove it; a Node that is gone is no error."""
        patch = {"metadata": {"annotations": {annotation: value}}}
        try:
            self._json("PATCH", f"/api/v1/nodes/{node}", patch)
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise

    def find(self, path: str) -> dict[str, Any] | None:
        """The object or list at an API path; None where there is none."""
        try:
            return self._json("GET", path)
        except ApiError as error:
            if error.status != requests.codes.not_found:
                raise
            return None

    def patch(self, path: str, body: dict[str, Any]) -> None:
        """A merge patch (RFC 7386) of the object at an API path."""
        self._json("PATCH", path, body)

    def close(self) -> None:
        self._session.close()

    def _json(self, method: str, path: str, body: Any = None, accept: str = "application/json") -> dict[str, Any]:
        headers = {"Accept": accept, **({"Content-Type": "application/merge-patch+json"} if body else {})}
        try:
            response = self._session.request(
                method, f"{self.server}{path}", json=body, headers=headers, timeout=_TIMEOUT
            )
        except requests.RequestException as error:
            kind = AnotherAuthority if "CERTIFICATE_VERIFY_FAILED" in str(error) else ApiError
            raise kind(f"{method} {path}: the API server does not answer: {error}", 0) from error
        if not response.ok:
            raise ApiError(f"{method} {path}: HTTP {response.status_code}: {response.text[:500]}", response.status_code)
        answer: dict[str, Any] = response.json()
        return answer


def _decoded(document: dict[str, str], key: str) -> bytes:
    return base64.b64decode(document[key])


def _write(path: Path, content: bytes) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    return str(path)
