"""When the cluster's certificates end, seen from outside, and how they are renewed.

kubeadm makes them for a year ("Certificate Management with kubeadm"). Each control-plane node has its own, all made in one
moment, so the API server's tells of the others on its node. Replacing a node renews its certificates too.
"""

from __future__ import annotations

import base64
import socket
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import yaml

from canal_aws.day_two.live_stack import Instance
from canal_aws.stack.errors import ApiError

_SECONDS = 10.0
#: A network load balancer chooses a target by the connection's ports: this many tries a node find each of them.
_TRIES_PER_NODE = 12
_SCRIPT = "/opt/canal-aws/renew-certificates.sh"


@dataclass(frozen=True)
class Ending:
    """Whose certificate it is, and when it ends."""

    whose: str
    at: datetime

    def days_left(self, now: datetime) -> int:
        """Whole days from `now`; negative once it has ended."""
        return (self.at - now).days


def api_servers(kubeconfig: str, nodes: Collection[str]) -> dict[str, Ending]:
    """By node name, the end of each API server's certificate that the endpoint showed; ApiError where it shows none.

    kubeadm puts the node's name into it. The chain is not verified here: an ended certificate is shown too.
    """
    server = urlsplit(yaml.safe_load(kubeconfig)["clusters"][0]["cluster"]["server"])
    found: dict[str, Ending] = {}
    for _ in range(_TRIES_PER_NODE * max(len(nodes), 1)):
        certificate = _shown(server.hostname or "", server.port or 443)
        for name in _names(certificate) & set(nodes):
            found[name] = Ending(name, certificate.not_valid_after_utc)
        if len(found) == len(nodes):
            break
    return found


def administrator(kubeconfig: str) -> Ending | None:
    """The end of the client certificate in a kubeconfig; None where it holds none."""
    from cryptography import x509

    user: Mapping[str, Any] = yaml.safe_load(kubeconfig)["users"][0].get("user") or {}
    data = user.get("client-certificate-data")
    if not data:
        return None
    certificate = x509.load_pem_x509_certificate(base64.b64decode(data))
    return Ending("administrator's kubeconfig", certificate.not_valid_after_utc)


def renewal(instance: Instance) -> str:
    """The command that renews a node's certificates through Session Manager."""
    return (
        f"aws ssm start-session --target {instance.id} --document-name AWS-StartInteractiveCommand "
        f"--parameters command='sudo {_SCRIPT}'"
    )


def _shown(host: str, port: int) -> Any:
    from cryptography import x509

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host) as secure,
        ):
            return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"")
    except OSError as error:
        raise ApiError(
            f"the Kubernetes API at {host}:{port} does not answer: {error} (is this address within apiAllowedCidrs?)"
        ) from None


def _names(certificate: Any) -> set[str]:
    from cryptography import x509

    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return set()
    return set(extension.value.get_values_for_type(x509.DNSName))


def now() -> datetime:
    """This moment, in the zone of certificates."""
    return datetime.now(UTC)
