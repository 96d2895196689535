"""What the machines are told about the world around them: an instance's identity, and load balancers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """A role's temporary credentials, as the instance metadata service hands them out."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Instance:
    """An EC2 instance as its own metadata service describes it.

    Attributes:
        id: "i-0123456789abcdef0".
        private_ip: its address in the VPC.
        instance_type: "m7g.large".
        availability_zone: "us-east-1a".
        region: "us-east-1".
        tags: the instance's, keys as DescribeInstances has them.
        role: name of the instance profile's role; "" where the instance has none.
        credentials: that role's.
        architecture: "amd64" or "arm64", what its Node says of it; the programs are this host's whatever it is.
    """

    id: str
    private_ip: str
    instance_type: str
    availability_zone: str
    region: str
    tags: Mapping[str, str] = field(default_factory=dict)
    role: str = ""
    credentials: Credentials | None = None
    architecture: str = "amd64"

    @property
    def local_hostname(self) -> str:
        """EC2's own name for it (EC2 User Guide, "EC2 instance hostnames and domains": IP name)."""
        domain = "ec2.internal" if self.region == "us-east-1" else f"{self.region}.compute.internal"
        return f"ip-{self.private_ip.replace('.', '-')}.{domain}"


@dataclass(frozen=True)
class LoadBalancer:
    """A Network Load Balancer with TCP listeners.

    Attributes:
        name: its DNS name.
        ports: listener port to the targets' private addresses; a target's port is the listener's.
        host_address: for an internet-facing one, the loopback address of the host on which it listens ("127.81.0.1").
            Empty for an internal one, which gets an address in the VPC.
        checks: listener port to the path that a healthy target answers with 200 over HTTPS. Elsewhere a connection will do.
    """

    name: str
    ports: Mapping[int, Sequence[str]]
    host_address: str = ""
    checks: Mapping[int, str] = field(default_factory=dict)


def instance_of(plain: dict[str, Any]) -> Instance:
    """What dataclasses.asdict made of an Instance."""
    credentials = plain["credentials"]
    return Instance(**{**plain, "credentials": Credentials(**credentials) if credentials else None})
