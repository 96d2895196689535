"""What a control plane has: a CA, an admin.conf of kubeadm's form, and the join material that others find."""

from __future__ import annotations

import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.bootstrap.specs import spec

# What the stand-in kubeadm makes. Of digits and an exponent, which YAML would take for numbers.
TOKEN = "012345.0123456789012345"
CERTIFICATE_KEY = "1e23456789012345678901234567890123456789012345678901234567890123"

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


def join_material(token: str = "abcdef.0123456789abcdef") -> str:
    """The join parameter's text, with that token."""
    return json.dumps(
        {
            "token": token,
            "apiServerEndpoint": f"{spec('worker').api_endpoint}:6443",
            "caCertHashes": [f"sha256:{'0' * 64}"],
        }
    )


def certificate_authority() -> tuple[str, str]:
    """A CA certificate with an ECDSA key, PEM, and its hash as kubeadm pins it: SHA-256 of the public key's DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubernetes")])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
    return pem, f"sha256:{hashlib.sha256(public).hexdigest()}"
