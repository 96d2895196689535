"""A cluster whose nodes boot from the user data that the program renders."""

from __future__ import annotations

import json
import os
from ipaddress import IPv4Address
from typing import Any

from canal_aws.bootstrap import user_data
from canal_aws.sandbox.machines import LoadBalancer, Machine, Vpc
from tests.bootstrap.specs import spec
from tests.sandbox.machines.aws import Aws
from tests.sandbox.machines.samples import instance
from tests.sandbox.machines.waiting import until

SPEC = spec("control-plane")
BOOTSTRAP = "canal-aws-bootstrap.service"
JOIN_SECONDS = 150.0
"""Seconds on an idle machine: the rest is for one that is busy."""


class Cluster:
    """The machines of one stack, behind both load balancers, whose targets are at `addresses`."""

    # The loopback is this machine's, not the cluster's: of two test processes each takes an address of its own.
    public_address = str(IPv4Address("127.84.0.0") + os.getpid() % 2**16)
    addresses = ("10.0.16.10", "10.0.32.10", "10.0.48.10", "10.0.32.77")

    def __init__(self, vpc: Vpc, aws: Aws) -> None:
        self.vpc = vpc
        self.aws = aws
        ports = {6443: self.addresses}
        checks = {6443: "/readyz"}
        internal = LoadBalancer(SPEC.api_endpoint, ports, checks=checks)
        vpc.balance([internal, LoadBalancer(SPEC.public_api_endpoint, ports, self.public_address, checks)])

    def boot(self, role: str, key: str, address: str, node: str, *, init: bool = False, **changes: Any) -> Machine:
        """An instance of the role, known to EC2 from now on. It boots on its own."""
        described = instance(key, address, node=node, **({"init": "true"} if init else {}))
        self.aws.instances[described.id] = address
        return self.vpc.boot(described, user_data(spec(role, **changes)))

    def joined(self, machine: Machine) -> bool:
        return machine.units.get(BOOTSTRAP) == "inactive"

    def wait(self, *machines: Machine) -> None:
        """Until they are nodes."""
        until(lambda: all(map(self.joined, machines)), JOIN_SECONDS, lambda: "\n".join(m.console for m in machines))

    def terminate(self, machine: Machine) -> None:
        """What EC2 does: the instance is gone, and DescribeInstances knows."""
        machine.terminate()
        del self.aws.instances[machine.instance.id]


def kubectl(machine: Machine, *arguments: str, config: str = "/etc/kubernetes/admin.conf") -> str:
    """What kubectl prints on a machine, with what it says of errors."""
    done = machine.run("kubectl", "--kubeconfig", config, *arguments)
    return (done.stdout + done.stderr).decode()


def objects(machine: Machine, *arguments: str) -> list[dict[str, Any]]:
    """The list that `kubectl get ARGUMENTS -o json` gives."""
    found: list[dict[str, Any]] = json.loads(kubectl(machine, "get", *arguments, "-o", "json"))["items"]
    return found


def members(machine: Machine) -> dict[str, bool]:
    """etcd's members by name, and whether each may vote."""
    script = ". /opt/canal-aws/library.sh; . /opt/canal-aws/control-plane.sh; etcd cluster/member/list '{}'"
    done = machine.run("bash", "-c", script)
    found = json.loads(done.stdout or b"{}").get("members", [])
    return {member.get("name", ""): not member.get("isLearner", False) for member in found}
