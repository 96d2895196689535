"""EC2 instances as the fleet sees them: identity, state, place, and the program's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from canal_aws.sandbox import machines
from canal_aws.stack.deployment import STACK_TAG

ROLE_TAG = "canal-aws:role"
NODE_TAG = "canal-aws:node"
_GONE = ("shutting-down", "terminated")
_STOPPED = ("stopping", "stopped")
_GO_ARCHITECTURE = {"x86_64": "amd64", "arm64": "arm64"}


@dataclass(frozen=True)
class Instance:
    """One instance of a stack; `state` is EC2's name of it, `tags` are sorted pairs."""

    id: str
    state: str
    vpc: str
    private_ip: str
    instance_type: str
    availability_zone: str
    region: str
    architecture: str
    tags: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, description: Mapping[str, Any], region: str) -> Self:
        """From one entry of DescribeInstances that carries the stack tag."""
        return cls(
            id=description["InstanceId"],
            state=description["State"]["Name"],
            vpc=description.get("VpcId", ""),
            private_ip=description.get("PrivateIpAddress", ""),
            instance_type=description.get("InstanceType", ""),
            availability_zone=description.get("Placement", {}).get("AvailabilityZone", ""),
            region=region,
            architecture=_GO_ARCHITECTURE.get(description.get("Architecture", ""), "amd64"),
            tags=tuple(sorted((tag["Key"], tag["Value"]) for tag in description.get("Tags", []))),
        )

    @property
    def stack(self) -> str:
        return dict(self.tags)[STACK_TAG]

    @property
    def node(self) -> str:
        """The planned name of its Node."""
        return dict(self.tags).get(NODE_TAG, "")

    @property
    def control_plane(self) -> bool:
        return dict(self.tags).get(ROLE_TAG) == "control-plane"

    @property
    def gone(self) -> bool:
        """Terminated, or on its way there: nothing brings it back."""
        return self.state in _GONE

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def stopped(self) -> bool:
        """Stopped, or on its way there."""
        return self.state in _STOPPED

    def for_machine(self, role: str, credentials: machines.Credentials | None) -> machines.Instance:
        """What its metadata service tells."""
        return machines.Instance(
            id=self.id,
            private_ip=self.private_ip,
            instance_type=self.instance_type,
            availability_zone=self.availability_zone,
            region=self.region,
            tags=dict(self.tags),
            role=role,
            credentials=credentials,
            architecture=self.architecture,
        )
