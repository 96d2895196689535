"""A stack's life as the tests look at it: its plan as the settings say, and what AWS and Kubernetes hold of it now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from canal_aws.addressing import AddressPlan, Kept
from canal_aws.settings import Settings
from tests.lifecycle import checks
from tests.lifecycle.cloud import Cloud
from tests.lifecycle.cluster import Cluster
from tests.lifecycle.stacks import Stack


class Life:
    """One stack from `up` to `destroy`, shared by the tests of a module, which run in their order."""

    def __init__(self, stack: Stack, client: Callable[[str], Any], folder: Path) -> None:
        self.stack = stack
        self._client = client
        self._folder = folder
        self._cluster: Cluster | None = None

    @property
    def settings(self) -> Settings:
        """What the stack's configuration says now."""
        return Settings.from_mapping(self.stack.config)

    def plan(self, zones: str, edge_zones: str | None = None) -> AddressPlan:
        """The plan for zones of us-east-1 by their letters; load balancers stand in `edge_zones` too."""
        names = tuple(f"us-east-1{letter}" for letter in zones)
        edges = tuple(f"us-east-1{letter}" for letter in edge_zones or zones)
        return AddressPlan.of(self.settings, names, Kept(zones=names, edge_zones=edges))

    def cloud(self) -> Cloud:
        """What AWS has of the stack now."""
        return Cloud(self._client, self.stack.name)

    def cluster(self) -> Cluster:
        """The stack's cluster."""
        if self._cluster is None:
            self._cluster = Cluster(self.stack.outputs()["kubeconfig"], self._folder, self.stack.environment)
        return self._cluster

    def check_aws(self, plan: AddressPlan, **cpu_architectures: str) -> None:
        """Everything in AWS that the description decides. `worker="arm64"` where that group is not amd64."""
        cloud, settings = self.cloud(), self.settings
        images = {
            group: cloud.image_of(settings.operating_system, cpu_architectures.get(group.replace("-", "_"), "amd64"))
            for group in settings.instance_types
        }
        checks.check_instances(cloud, settings, plan, images)
        checks.check_routes(cloud, settings, plan)
        checks.check_firewall(cloud, settings)
        checks.check_templates(cloud, settings)
        checks.check_endpoint(cloud, settings, plan)
        checks.check_tags(cloud, self.stack, dict(settings.tags))

    def check_kubernetes(self, plan: AddressPlan) -> None:
        """Nodes and Canal in the cluster."""
        checks.check_kubernetes(self.cluster(), self.cloud(), self.settings, plan)

    def check_secrets(self) -> None:
        """Nothing secret in the state."""
        checks.check_secrets(self.cloud(), self.stack)

    def check_permissions(self) -> None:
        """After `destroy`: every call of the stack's life was foreseen by the policies that `canal-aws iam-policy` prints."""
        self.stack.calls.check(kept_bucket=True)
