"""A group's user data: its size checked before anything is created, its text once what it speaks of has a name."""

from __future__ import annotations

import base64
import hashlib

import pulumi

from canal_aws import bootstrap
from canal_aws.addressing import CONTROL_PLANE
from canal_aws.settings import Settings
from canal_aws.settings_pools import POOL_LABEL, WorkerPool
from infra.bootstrap import parameter_names
from infra.endpoint import ApiEndpoint
from infra.facts import Facts
from infra.snapshots import Snapshots
from infra.stack import Identity

# ELB: a load balancer's name has 32 characters at most, its DNS name a hyphen and 16 hex digits more, and the Region's
# domain, longest in China. S3: 63 for a bucket's name.
_LOAD_BALANCER, _DOMAIN = 32 + 1 + 16, ".elb.{}.amazonaws.com.cn"
_BUCKET = 63


def user_data(
    group: str, settings: Settings, identity: Identity, facts: Facts, endpoint: ApiEndpoint, snapshots: Snapshots
) -> pulumi.Output[str]:
    """Base64 of what every instance of the group gets; it names parameters and load balancers, and holds no secret."""

    def render(names: list[str]) -> str:
        content = bootstrap.user_data(_spec(group, settings, identity, facts, *names))
        return base64.b64encode(content).decode()

    bucket = snapshots.bucket.id if snapshots.bucket else ""
    return pulumi.Output.all(endpoint.dns_name, endpoint.public_dns_name, bucket).apply(render)


def check_sizes(settings: Settings, identity: Identity, facts: Facts) -> None:
    """BootstrapError where a group's user data is past EC2's limit with names of the greatest length."""
    domain = _DOMAIN.format(facts.region)
    names = (_longest("internal", _LOAD_BALANCER) + domain, _longest("public", _LOAD_BALANCER) + domain)
    for group in facts.images:
        bootstrap.user_data(_spec(group, settings, identity, facts, *names, _longest("bucket", _BUCKET)))


def _longest(name: str, length: int) -> str:
    """A name of that length that compresses badly."""
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def _spec(
    group: str,
    settings: Settings,
    identity: Identity,
    facts: Facts,
    dns_name: str,
    public_dns_name: str,
    bucket: str,
) -> bootstrap.BootstrapSpec:
    architecture = settings.description
    control_plane = group == CONTROL_PLANE
    pool = None if control_plane else next(pool for pool in settings.pools if pool.name == group)
    return bootstrap.BootstrapSpec(
        role="control-plane" if control_plane else "worker",
        cluster_name=identity.stack,
        stack_tag=identity.tag,
        region=facts.region,
        kubernetes_version=settings.kubernetes_version,
        operating_system=settings.operating_system,
        cpu_architecture=facts.images[group].cpu_architecture,
        pod_cidr=str(settings.pod_cidr),
        service_cidr=str(settings.service_cidr),
        node_pod_cidr_mask=settings.node_pod_cidr_mask,
        allocate_node_cidrs=architecture.allocates_node_cidrs,
        plans_pod_cidrs=architecture.plans_pod_cidrs,
        api_endpoint=dns_name,
        public_api_endpoint=public_dns_name,
        control_plane_nodes=settings.control_plane_nodes,
        snapshot_bucket=bucket if control_plane and settings.etcd_snapshot_hours else "",
        snapshot_hours=settings.etcd_snapshot_hours or 1,
        external_cloud_provider=settings.cloud_controller_manager,
        node_labels=_labels(pool),
        node_taints=pool.taints if pool else (),
        **parameter_names(identity),
    )


def _labels(pool: WorkerPool | None) -> tuple[tuple[str, str], ...]:
    return ((POOL_LABEL, pool.name), *sorted(pool.labels.items())) if pool else ()
