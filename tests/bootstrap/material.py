"""What a control plane has: a CA, an admin.conf of kubeadm's form, and the join material that others find."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import json
from dataclasses import dataclass
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bootstrap.specs import spec

# What the stand-in kubeadm makes. Of digits and an exponent, which YAML would take for numbers.
TOKEN = "012345.0123456789012345"
CERTIFICATE_KEY = "1e23456789012345678901234567890123456789012345678901234567890123"
# 32 bytes, what secretbox takes.
ENCRYPTION = "c2l4dGVlbiBhbmQgc2l4dGVlbiBieXRlcyBvZiBrZXk="
JOIN_TOKEN = "abcdef.0123456789abcdef"
# Those that the stand-in cluster has signed its cluster-info with.
CLUSTER_INFO_TOKENS = (TOKEN, JOIN_TOKEN)

ADMIN_CONF = f"""apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==
    server: https://{spec("worker").api_endpoint}:6443
  name: canal
kind: Config
users:
- name: kubernetes-admin
  user:
    client-key-data: c2VjcmV0LWtleS1vZi10aGUtYWRtaW4=
"""
ADMIN_KEY = "c2VjcmV0LWtleS1vZi10aGUtYWRtaW4="


def join_material(token: str = JOIN_TOKEN, pin: str = "") -> str:
    """The join parameter's text, with that token, and with the cluster's CA pinned if no other pin is given."""
    return json.dumps(
        {
            "token": token,
            "apiServerEndpoint": f"{spec('worker').api_endpoint}:6443",
            "caCertHashes": [pin or cluster_ca().pin],
        }
    )


@dataclass(frozen=True)
class CertificateAuthority:
    """A CA with an ECDSA key, as kubeadm makes it here."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def pin(self) -> str:
        """Its hash as kubeadm pins it: SHA-256 of the public key's DER."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return (
            f"sha256:{hashlib.sha256(self.key.public_key().public_bytes(serialization.Encoding.DER, form)).hexdigest()}"
        )

    def server(self, *names: str) -> str:
        """Key and certificate of a server (and client) with these names and addresses, one PEM text."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [
            x509.IPAddress(ipaddress.ip_address(name)) if name.replace(".", "").isdigit() else x509.DNSName(name)
            for name in names
        ]
        certificate = (
            _builder("server", self.certificate.subject, key)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return (
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode()
            + certificate.public_bytes(serialization.Encoding.PEM).decode()
        )


def certificate_authority() -> CertificateAuthority:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    builder = _builder("kubernetes", name, key).add_extension(constraints, critical=True)
    return CertificateAuthority(key, builder.sign(key, hashes.SHA256()))


@cache
def cluster_ca() -> CertificateAuthority:
    """The stand-in cluster's."""
    return certificate_authority()


@cache
def etcd_credentials() -> dict[str, str]:
    """What kubeadm's `certs` phase leaves in /etc/kubernetes/pki/etcd for whoever asks etcd."""
    both = cluster_ca().server("healthcheck-client")
    return {"ca.crt": cluster_ca().pem, "healthcheck-client.crt": both, "healthcheck-client.key": both}


def _builder(name: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
    )
