"""A machine and the services that it talks to."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from tests.bootstrap.cluster_services import ClusterServices
from tests.bootstrap.instance_services import SECRETS, InstanceServices
from tests.bootstrap.machine import Machine
from tests.bootstrap.specs import spec

KUBECONFIG = spec("worker").kubeconfig_parameter
JOIN = spec("worker").join_parameter
CONTROL_PLANE_JOIN = spec("worker").control_plane_join_parameter
ENCRYPTION_KEY = spec("worker").encryption_key_parameter
PLACEHOLDERS = dict.fromkeys((KUBECONFIG, JOIN, CONTROL_PLANE_JOIN, ENCRYPTION_KEY), "placeholder")


@dataclass(frozen=True)
class Node:
    """One instance of a test."""

    machine: Machine
    services: InstanceServices
    cluster: ClusterServices

    def boot(self) -> subprocess.CompletedProcess[str]:
        """What canal-aws-bootstrap.service runs."""
        return self.machine.run("bootstrap.sh", url=self.services.url)

    def assert_nothing_leaked(self, output: str, *more: str) -> None:
        """No secret, neither AWS's nor `more`, in any program's arguments or in what goes to log and console."""
        for secret in (*SECRETS, *more):
            assert secret not in output
            assert not [call for call in self.machine.calls if secret in call]
