"""A group's user data: its text once what it speaks of has a name. Preflight's checks have measured it before."""

from __future__ import annotations

import base64

import pulumi

from canal_aws import bootstrap
from canal_aws.bootstrap.of_group import spec_of
from canal_aws.settings import Settings
from infra.endpoint import ApiEndpoint
from infra.facts import Facts
from infra.snapshots import Snapshots
from infra.stack import Identity


def user_data(
    group: str, settings: Settings, identity: Identity, facts: Facts, endpoint: ApiEndpoint, snapshots: Snapshots
) -> pulumi.Output[str]:
    """Base64 of what every instance of the group gets; it names parameters and load balancers, and holds no secret."""

    def render(names: list[str]) -> str:
        cpu_architecture = facts.images[group].cpu_architecture
        spec = spec_of(group, settings, identity.tag, facts.region, cpu_architecture, *names)
        return base64.b64encode(bootstrap.user_data(spec)).decode()

    bucket = snapshots.bucket.id if snapshots.bucket else ""
    return pulumi.Output.all(endpoint.dns_name, endpoint.public_dns_name, bucket).apply(render)
