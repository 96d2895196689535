"""Kubeconfig texts with everything inside them (no paths), as kubeadm writes admin.conf."""

from __future__ import annotations

import base64

import yaml

from tests.control_plane.certificates import KeyPair


def kubeconfig(*, cluster: str, user: str, server: str, ca_pem: bytes, client: KeyPair) -> str:
    """A kubeconfig for one user and one cluster; `server` is the API's URL."""
    context = f"{user}@{cluster}"
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster, "cluster": {"server": server, "certificate-authority-data": _encoded(ca_pem)}}],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _encoded(client.certificate_pem),
                    "client-key-data": _encoded(client.key_pem),
                },
            }
        ],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": user}}],
        "current-context": context,
    }
    return yaml.safe_dump(document, sort_keys=False)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
