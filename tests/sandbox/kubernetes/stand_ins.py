"""An AWS in memory with the few calls that the fleet makes, for tests without a process."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from canal_aws.sandbox.kubernetes.aws import Aws, ParameterMissing
from canal_aws.sandbox.kubernetes.instances import Instance


@dataclass
class MemoryAws:
    """`parameters` and `user_data_of` are what a test sets and reads."""

    parameters: dict[str, str] = field(default_factory=dict)
    user_data_of: dict[str, bytes] = field(default_factory=dict)
    puts: int = 0

    def parameter(self, region: str, name: str) -> str:
        if name not in self.parameters:
            raise ParameterMissing(name)
        return self.parameters[name]

    def put_parameter(self, region: str, name: str, value: str) -> None:
        self.puts += 1
        self.parameters[name] = value

    def user_data(self, region: str, instance_id: str) -> bytes:
        return self.user_data_of[instance_id]

    @property
    def as_aws(self) -> Aws:
        return cast(Aws, cast(Any, self))


def instance(node: str, **changes: Any) -> Instance:
    fields: dict[str, Any] = {
        "id": f"i-{node}",
        "state": "running",
        "stack": "organization/project/dev",
        "role": "worker",
        "node": node,
        "init": False,
        "pod_cidr": None,
        "private_ip": "10.0.1.20",
        "instance_type": "t3.large",
        "availability_zone": "us-east-1a",
        "region": "us-east-1",
        "architecture": "amd64",
    }
    return Instance(**{**fields, **changes})
