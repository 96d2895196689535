"""Certificates and kubeconfigs: who they name, what they may be used for, how large they are."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from canal_aws.sandbox.kubernetes.certificates import CertificateAuthority
from canal_aws.sandbox.kubernetes.cluster_shape import ClusterShape
from canal_aws.sandbox.kubernetes.pki import Pki

SHAPE = ClusterShape(
    pod_cidr="10.128.0.0/13",
    service_cidr="10.96.0.0/16",
    kubernetes_version="1.36.3",
    advertise_address="10.0.1.10",
    cert_sans=("nodes.example.com", "public.example.com"),
)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki.create(tmp_path_factory.mktemp("pki"), SHAPE, "https://127.0.0.1:6443")


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_api_server_certificate_holds_every_name_it_is_dialled_by(pki: Pki) -> None:
    sans = load(pki.path("apiserver.crt")).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"nodes.example.com", "public.example.com", "kubernetes.default.svc.cluster.local"} <= set(
        sans.get_values_for_type(x509.DNSName)
    )
    assert {str(ip) for ip in sans.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "10.96.0.1", "10.0.1.10"}


def test_certificates_are_ecdsa_signed_by_the_ca_and_valid_for_a_year(pki: Pki) -> None:
    ca = load(pki.path("ca.crt"))
    for name in ("apiserver", "admin", "scheduler"):
        certificate = load(pki.path(f"{name}.crt"))
        certificate.verify_directly_issued_by(ca)
        assert isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)
        now = datetime.datetime.now(datetime.UTC)
        assert certificate.not_valid_before_utc < now
        left = certificate.not_valid_after_utc - now
        assert datetime.timedelta(days=364) < left <= datetime.timedelta(days=365)


def test_etcd_does_not_trust_the_clusters_certificates(pki: Pki) -> None:
    with pytest.raises(ValueError, match="Issuer"):
        load(pki.path("apiserver-etcd-client.crt")).verify_directly_issued_by(load(pki.path("ca.crt")))


def test_administrator_is_in_kubeadms_group(pki: Pki) -> None:
    subject = load(pki.path("admin.crt")).subject
    assert subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "kubernetes-admin"
    assert subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "kubeadm:cluster-admins"


def test_client_certificate_cannot_serve(pki: Pki) -> None:
    usage = load(pki.path("admin.crt")).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_ipv6_and_repeated_names_become_one_entry_each() -> None:
    pair = CertificateAuthority.create("test").server("test", ["::1", "a.example", "a.example"])
    sans = pair.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sans.get_values_for_type(x509.DNSName) == ["a.example"]
    assert sans.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address("::1")]


def test_private_keys_are_their_owners_alone(pki: Pki) -> None:
    for path in (*pki.folder.glob("*.key"), *pki.folder.glob("*.conf")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_kubeconfig_is_self_contained_and_fits_a_standard_parameter(pki: Pki) -> None:
    text = pki.kubeconfig_path("admin").read_text()
    longest_endpoint = "x" * 130  # an NLB's DNS name has at most about this many characters
    published = "# written-by: i-0123456789abcdef0\n" + text.replace("127.0.0.1", longest_endpoint)
    assert len(published.encode()) <= 4096
    config = yaml.safe_load(text)
    user = config["users"][0]["user"]
    assert base64.b64decode(user["client-key-data"]).startswith(b"-----BEGIN EC PRIVATE KEY")
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    assert config["current-context"] == config["contexts"][0]["name"]
