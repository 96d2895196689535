"""Every key, certificate and kubeconfig of one control plane, in one folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.control_plane.certificates import CertificateAuthority, KeyPair, private_key_pem, write_private
from tests.control_plane.cluster_shape import ClusterShape
from tests.control_plane.kubeconfig import kubeconfig

LOOPBACK_SANS = ("127.0.0.1", "localhost")
# user, group: kubeadm's own names. super-admin.conf never leaves the folder; admin.conf is what is published.
_USERS = {
    "admin": ("kubernetes-admin", "kubeadm:cluster-admins"),
    "super-admin": ("kubernetes-super-admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", None),
    "scheduler": ("system:kube-scheduler", None),
    # kwok does what kubelets do, for all nodes at once: no node identity has that right, so it is an administrator.
    "kwok": ("canal-aws:kwok", "kubeadm:cluster-admins"),
}


@dataclass(frozen=True)
class Pki:
    """Paths under `folder`, by kubeadm's file names; made once by `create`."""

    folder: Path
    ca: CertificateAuthority
    server: str
    cluster_name: str

    @classmethod
    def create(cls, folder: Path, shape: ClusterShape, server: str) -> Self:
        """Make and write everything; `server` is the API's URL on this machine."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        pki = cls(folder, CertificateAuthority.create("kubernetes"), server, shape.cluster_name)
        pki.ca.write(folder, "ca")
        service_names = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
        sans = (
            *LOOPBACK_SANS,
            *service_names,
            f"{service_names[-1]}.{shape.dns_domain}",
            shape.service_address,
            shape.advertise_address,
            *shape.cert_sans,
        )
        pki.ca.server("kube-apiserver", sans).write(folder, "apiserver")
        # etcd trusts a CA of its own: whoever has a cluster certificate has none for etcd.
        etcd_ca = CertificateAuthority.create("etcd-ca")
        etcd_ca.write(folder, "etcd-ca")
        etcd_ca.server("etcd", LOOPBACK_SANS, also_client=True).write(folder, "etcd")
        etcd_ca.client("kube-apiserver-etcd-client").write(folder, "apiserver-etcd-client")
        service_accounts = ec.generate_private_key(ec.SECP256R1())
        write_private(folder / "sa.key", private_key_pem(service_accounts))
        (folder / "sa.pub").write_bytes(
            service_accounts.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )
        for name, (user, group) in _USERS.items():
            pair = pki.ca.client(user, group)
            pair.write(folder, name)
            write_private(pki.kubeconfig_path(name), pki.kubeconfig_of(user, pair).encode())
        return pki

    def path(self, name: str) -> Path:
        return self.folder / name

    def kubeconfig_path(self, name: str) -> Path:
        """Of "admin", "super-admin", "controller-manager", "scheduler" or "kwok"."""
        return self.folder / f"{name}.conf"

    def kubeconfig_of(self, user: str, pair: KeyPair) -> str:
        """A kubeconfig text for any client certificate of this cluster's CA."""
        return kubeconfig(
            cluster=self.cluster_name,
            user=user,
            server=self.server,
            ca_pem=self.ca.certificate_pem,
            client=pair,
        )
