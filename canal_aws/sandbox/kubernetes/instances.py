"""EC2 instances as the fleet sees them: identity, state, place, and the program's tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from canal_aws.sandbox.kubernetes.aws import STACK_TAG
from canal_aws.sandbox.kubernetes.nodes import NodeSpec

ROLE_TAG = "canal-aws:role"
NODE_TAG = "canal-aws:node"
POD_CIDR_TAG = "canal-aws:pod-cidr"
INIT_TAG = "canal-aws:init"
_GONE = ("shutting-down", "terminated")
_GO_ARCHITECTURE = {"x86_64": "amd64", "arm64": "arm64"}


@dataclass(frozen=True)
class Instance:
    """One instance of a stack; `state` is EC2's name of it."""

    id: str
    state: str
    stack: str
    role: str
    node: str
    init: bool
    pod_cidr: str | None
    private_ip: str
    instance_type: str
    availability_zone: str
    region: str
    architecture: str

    @classmethod
    def of(cls, description: Mapping[str, Any], region: str) -> Self:
        """From one entry of DescribeInstances that carries the stack tag."""
        tags = {tag["Key"]: tag["Value"] for tag in description.get("Tags", [])}
        return cls(
            id=description["InstanceId"],
            state=description["State"]["Name"],
            stack=tags[STACK_TAG],
            role=tags.get(ROLE_TAG, ""),
            node=tags.get(NODE_TAG, ""),
            init=tags.get(INIT_TAG) == "true",
            pod_cidr=tags.get(POD_CIDR_TAG) or None,
            private_ip=description.get("PrivateIpAddress", ""),
            instance_type=description.get("InstanceType", ""),
            availability_zone=description.get("Placement", {}).get("AvailabilityZone", ""),
            region=region,
            architecture=_GO_ARCHITECTURE.get(description.get("Architecture", ""), "amd64"),
        )

    @property
    def gone(self) -> bool:
        """Terminated, or on its way there: nothing brings it back."""
        return self.state in _GONE

    @property
    def running(self) -> bool:
        return self.state == "running"

    @property
    def control_plane(self) -> bool:
        return self.role == "control-plane"

    def placeholders(self) -> dict[str, str]:
        """What the node fills in for itself, from its metadata, wherever its files say `@NAME@`."""
        return {
            "NODE_NAME": self.node,
            "PRIVATE_IP": self.private_ip,
            "INSTANCE_ID": self.id,
            "INSTANCE_TYPE": self.instance_type,
            "AVAILABILITY_ZONE": self.availability_zone,
        }

    def node_spec(self, kubernetes_version: str) -> NodeSpec:
        """The Node that this instance becomes."""
        return NodeSpec(
            name=self.node,
            private_ip=self.private_ip,
            instance_id=self.id,
            instance_type=self.instance_type,
            availability_zone=self.availability_zone,
            region=self.region,
            architecture=self.architecture,
            control_plane=self.control_plane,
            pod_cidr=self.pod_cidr,
            kubernetes_version=kubernetes_version,
        )
