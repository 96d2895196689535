"""What the first control-plane node leaves in SSM: the administrator's kubeconfig and join material.

The forms are those of the node's own publish script (canal_aws/bootstrap).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from canal_aws.errors import CanalError
from canal_aws.sandbox.kubernetes import kubeadm
from canal_aws.sandbox.kubernetes.aws import Aws, ParameterMissing
from canal_aws.sandbox.kubernetes.certificates import CertificateAuthority

PLACEHOLDER = "placeholder"
STANDARD_PARAMETER_BYTES = 4096  # AWS Systems Manager, quotas of Parameter Store
_WRITTEN_BY = "# written-by: "
_API_PORT = 6443
_TOKEN_TTL = "3h0m0s"


class TooLarge(CanalError):
    """The text does not fit a standard parameter."""


def written_by(value: str) -> str | None:
    """The instance that wrote a kubeconfig parameter; None while it is anything but such a text."""
    first = value.partition("\n")[0]
    return first.removeprefix(_WRITTEN_BY).strip() if first.startswith(_WRITTEN_BY) else None


@dataclass
class Publisher:
    """Writes each parameter once for the init instance of the moment, as soon as the program has made it."""

    aws: Aws
    environment: Mapping[str, str]
    bin_dir: Path
    kubeconfig_path: Path
    ca: CertificateAuthority
    _done: dict[str, str] = field(default_factory=dict)

    def publish(self, instance_id: str) -> list[str]:
        """Names of the parameters written now; those that do not exist yet are tried again at the next call.

        Raises TooLarge and KubeadmRefused; botocore's errors pass.
        """
        # The kubeconfig last: it tells the program that the cluster is there.
        texts: dict[str, Callable[[], str]] = {
            self.environment["JOIN_PARAMETER"]: self._join_material,
            self.environment["KUBECONFIG_PARAMETER"]: lambda: (
                f"{_WRITTEN_BY}{instance_id}\n{self.kubeconfig_path.read_text()}"
            ),
        }
        region = self.environment["AWS_REGION"]
        written = []
        for name, text in texts.items():
            if self._done.get(name) == instance_id:
                continue
            try:
                self.aws.parameter(region, name)
            except ParameterMissing:
                continue
            self.aws.put_parameter(region, name, _fitting(name, text()))
            self._done[name] = instance_id
            written.append(name)
        return written

    def _join_material(self) -> str:
        """discovery.bootstrapToken of a JoinConfiguration, with a token that the API server accepts."""
        token = kubeadm.run(
            self.bin_dir, "token", "create", "--ttl", _TOKEN_TTL, "--kubeconfig", str(self.kubeconfig_path)
        )
        return json.dumps(
            {
                "token": token.strip(),
                "apiServerEndpoint": f"{self.environment['API_ENDPOINT']}:{_API_PORT}",
                "caCertHashes": [f"sha256:{_public_key_hash(self.ca)}"],
            }
        )


def _public_key_hash(ca: CertificateAuthority) -> str:
    """kubeadm's pin of a CA: SHA-256 over its SubjectPublicKeyInfo (RFC 7469)."""
    der = ca.certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def _fitting(name: str, text: str) -> str:
    if (size := len(text.encode())) > STANDARD_PARAMETER_BYTES:
        raise TooLarge(f"{name}: {size} bytes, and a standard parameter holds {STANDARD_PARAMETER_BYTES}")
    return text
