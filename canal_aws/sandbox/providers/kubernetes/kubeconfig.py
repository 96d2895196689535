"""A kubeconfig as the provider's configuration gives it: YAML, or the path of a file that holds it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from canal_aws.sandbox.providers.kubernetes.errors import ClusterUnreachable

DEFAULT_NAMESPACE = "default"

_USER_KEYS = {
    "client-certificate", "client-certificate-data", "client-key", "client-key-data", "token", "tokenFile",
}  # fmt: skip
_CLUSTER_KEYS = {
    "server", "certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name",
    "extensions",
}  # fmt: skip


@dataclass(frozen=True)
class Access:
    """How to reach one cluster as one user. Certificates and keys are PEM."""

    server: str
    namespace: str = DEFAULT_NAMESPACE
    certificate_authority: bytes | None = None
    client_certificate: bytes | None = None
    client_key: bytes | None = None
    token: str | None = None
    server_name: str | None = None
    verify: bool = True


def read(text_or_path: str, context: str = "", cluster: str = "", namespace: str = "") -> Access:
    """What the kubeconfig says of its current context, with the provider's own overrides.

    Raises ClusterUnreachable where it is malformed, has no such context, or asks for a way of authentication
    that the stand-in does not model (exec plugins, basic authentication).
    """
    document, folder = _document(text_or_path)
    chosen = context or str(document.get("current-context") or "")
    if not chosen:
        raise ClusterUnreachable("kubeconfig: it has no current-context; set one, or the provider's `context`")
    in_context = _named(document, "contexts", "context", chosen)
    at = _named(document, "clusters", "cluster", cluster or str(in_context.get("cluster") or ""))
    user = _named(document, "users", "user", str(in_context.get("user") or ""))
    _refuse_unknown(at, _CLUSTER_KEYS, "cluster")
    _refuse_unknown(user, _USER_KEYS, "user")
    if not at.get("server"):
        raise ClusterUnreachable(f"kubeconfig: the cluster of context {chosen} has no server")
    token = user.get("token")
    if not token and user.get("tokenFile"):
        token = (folder / str(user["tokenFile"])).read_text(encoding="utf-8").strip()
    return Access(
        server=str(at["server"]).rstrip("/"),
        namespace=namespace or str(in_context.get("namespace") or DEFAULT_NAMESPACE),
        certificate_authority=_pem(at, "certificate-authority", folder),
        client_certificate=_pem(user, "client-certificate", folder),
        client_key=_pem(user, "client-key", folder),
        token=token,
        server_name=at.get("tls-server-name"),
        verify=not at.get("insecure-skip-tls-verify"),
    )


def active_cluster(text_or_path: str, context: str = "", cluster: str = "") -> Mapping[str, Any] | None:
    """The cluster's entry, by which the provider tells one cluster from another; None where there is none."""
    try:
        document, _ = _document(text_or_path)
        in_context = _named(document, "contexts", "context", context or str(document.get("current-context") or ""))
        return _named(document, "clusters", "cluster", cluster or str(in_context.get("cluster") or ""))
    except ClusterUnreachable:
        return None


def _document(text_or_path: str) -> tuple[Mapping[str, Any], Path]:
    folder = Path.cwd()
    if "\n" not in text_or_path and not text_or_path.lstrip().startswith("{"):
        path = Path(text_or_path).expanduser()
        try:
            text_or_path, folder = path.read_text(encoding="utf-8"), path.parent
        except OSError as error:
            raise ClusterUnreachable(f"kubeconfig: {path} cannot be read: {error.strerror}") from error
    try:
        document = yaml.safe_load(text_or_path)
    except yaml.YAMLError as error:
        # The parser's own message quotes the text, which holds a private key.
        raise ClusterUnreachable(f"kubeconfig: not YAML ({type(error).__name__})") from None
    if not isinstance(document, Mapping):
        raise ClusterUnreachable("kubeconfig: neither a kubeconfig nor the path of one")
    return document, folder


def _named(document: Mapping[str, Any], section: str, key: str, name: str) -> Mapping[str, Any]:
    for entry in document.get(section) or ():
        if isinstance(entry, Mapping) and entry.get("name") == name:
            found = entry.get(key)
            return found if isinstance(found, Mapping) else {}
    raise ClusterUnreachable(f"kubeconfig: no {key} named {name!r} among its {section}")


def _refuse_unknown(entry: Mapping[str, Any], known: set[str], what: str) -> None:
    unknown = sorted(entry.keys() - known)
    if unknown:
        raise ClusterUnreachable(
            f"kubeconfig: {what} uses {', '.join(unknown)}, which the stand-in for pulumi-kubernetes does not model"
        )


def _pem(entry: Mapping[str, Any], key: str, folder: Path) -> bytes | None:
    data = entry.get(f"{key}-data")
    if data:
        try:
            return base64.b64decode(str(data), validate=True)
        except binascii.Error as error:
            raise ClusterUnreachable(f"kubeconfig: {key}-data is not base64") from error
    if entry.get(key):
        try:
            return (folder / str(entry[key])).read_bytes()
        except OSError as error:
            raise ClusterUnreachable(f"kubeconfig: {key} cannot be read: {error.strerror}") from error
    return None
