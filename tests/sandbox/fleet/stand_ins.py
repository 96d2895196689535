"""A VPC and an AWS in memory, with the few calls that the fleet makes of them, for tests without a process."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from canal_aws.sandbox.fleet.aws import Aws
from canal_aws.sandbox.fleet.instances import Instance
from canal_aws.sandbox.fleet.machine_room import MachineRoom
from canal_aws.sandbox.machines import Credentials, LoadBalancer, Machine, Vpc

VPC = "vpc-1"


class MemoryMachine:
    """Remembers what was asked of it."""

    def __init__(self, instance: Any, state: str = "running", reason: str = "") -> None:
        self.instance, self.state, self.reason = instance, state, reason
        self.units: dict[str, str] = {}
        self.console = ""
        self.asked: list[str] = []

    def terminate(self) -> None:
        self.state = "terminated"

    def power_off(self) -> None:
        self.state = "stopped"

    def power_on(self) -> None:
        self.state = "running"

    def retag(self, tags: dict[str, str]) -> None:
        self.instance = replace(self.instance, tags=tags)

    def start_unit(self, name: str) -> None:
        self.asked.append(name)


@dataclass
class MemoryVpc:
    """`refuse` is the reason for which the next machine's user data is refused."""

    booted: list[str] = field(default_factory=list)
    balanced: list[Sequence[LoadBalancer]] = field(default_factory=list)
    refuse: str = ""

    def boot(self, instance: Any, user_data: bytes) -> MemoryMachine:
        self.booted.append(instance.id)
        return MemoryMachine(instance, "refused" if self.refuse else "running", self.refuse)

    def balance(self, load_balancers: Sequence[LoadBalancer]) -> None:
        self.balanced.append(load_balancers)


@dataclass
class MemoryAws:
    """`consoles` is what GetConsoleOutput would answer."""

    consoles: dict[str, str] = field(default_factory=dict)

    def role_session(self, region: str, instance_id: str) -> tuple[str, Credentials | None]:
        return "role", Credentials("ASIA", "secret", "token")

    def user_data(self, region: str, instance_id: str) -> bytes:
        return b"#cloud-config\n"

    def put_console(self, instance_id: str, text: str) -> None:
        self.consoles[instance_id] = text


class Room:
    """A MachineRoom on stand-ins."""

    def __init__(self) -> None:
        self.vpc, self.aws = MemoryVpc(), MemoryAws()
        self.notes: list[str] = []
        self.room = MachineRoom(
            cast(Vpc, cast(Any, self.vpc)),
            VPC,
            cast(Aws, cast(Any, self.aws)),
            logging.getLogger("test"),
            self.notes.append,
        )

    def machine(self, instance: Instance) -> MemoryMachine:
        machine: Machine = self.room.machines[instance.id]
        return cast(MemoryMachine, cast(Any, machine))


def instance(node: str, **changes: Any) -> Instance:
    """A running worker; `changes` are Instance's fields, or `role` for another one."""
    role = changes.pop("role", "worker")
    tags = {"canal-aws:stack": "organization/project/dev", "canal-aws:node": node, "canal-aws:role": role}
    fields: dict[str, Any] = {
        "id": f"i-{node}",
        "state": "running",
        "vpc": VPC,
        "private_ip": "10.0.1.20",
        "instance_type": "t3.large",
        "availability_zone": "us-east-1a",
        "region": "us-east-1",
        "architecture": "amd64",
        "tags": tuple(sorted(tags.items())),
    }
    return Instance(**{**fields, **changes})
