"""The user data of a group of nodes (the control plane, or a pool) as the settings want it, and its size beforehand."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from canal_aws.addressing import CONTROL_PLANE
from canal_aws.bootstrap.render import check_size, rendered
from canal_aws.bootstrap.spec import BootstrapSpec
from canal_aws.node_images import CpuArchitecture
from canal_aws.settings_pools import POOL_LABEL, WorkerPool

if TYPE_CHECKING:
    from canal_aws.settings import Settings

# ELB: a load balancer's name has 32 characters at most, its DNS name a hyphen and 16 hex digits more, and the Region's
# domain, longest in China. S3: 63 for a bucket's name. EC2: the longest name of a Region.
_LOAD_BALANCER, _DOMAIN = 32 + 1 + 16, ".elb.{}.amazonaws.com.cn"
_BUCKET = 63
_LONGEST_REGION = "ap-southeast-1"


def parameter_names(stack: str) -> dict[str, str]:
    """The names of a stack's SSM parameters, under one path, by the fields of BootstrapSpec that take them."""
    return {
        f"{name.replace('-', '_')}_parameter": f"/canal-aws/{stack}/{name}"
        for name in ("kubeconfig", "join", "control-plane-join", "encryption-key")
    }


def spec_of(
    group: str,
    settings: Settings,
    stack_tag: str,
    region: str,
    cpu_architecture: CpuArchitecture,
    dns_name: str,
    public_dns_name: str,
    bucket: str,
) -> BootstrapSpec:
    """What the group's user data is rendered from. `stack_tag` is organization/project/stack, `bucket` the snapshots'.

    Raises BootstrapError where a name or value cannot go into it.
    """
    architecture = settings.description
    control_plane = group == CONTROL_PLANE
    pool = None if control_plane else next(pool for pool in settings.pools if pool.name == group)
    stack = stack_tag.rpartition("/")[2]
    return BootstrapSpec(
        role="control-plane" if control_plane else "worker",
        cluster_name=stack,
        stack_tag=stack_tag,
        region=region,
        kubernetes_version=settings.kubernetes_version,
        operating_system=settings.operating_system,
        cpu_architecture=cpu_architecture,
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
        **parameter_names(stack),
    )


def longest_size(group: str, settings: Settings, stack_tag: str, region: str, cpu_architecture: CpuArchitecture) -> int:
    """Bytes of the group's user data as EC2 counts them, with names of the greatest length. BootstrapError past its limit."""
    domain = _DOMAIN.format(region or _LONGEST_REGION)
    names = (longest("internal", _LOAD_BALANCER) + domain, longest("public", _LOAD_BALANCER) + domain)
    bucket = longest("bucket", _BUCKET)
    spec = spec_of(group, settings, stack_tag, region or _LONGEST_REGION, cpu_architecture, *names, bucket)
    return check_size(_content(spec))


@functools.lru_cache(maxsize=64)
def _content(spec: BootstrapSpec) -> bytes:
    # A search for the most nodes asks for the same text again and again.
    return rendered(spec)


def longest(name: str, length: int) -> str:
    """A name of that length that compresses badly."""
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def _labels(pool: WorkerPool | None) -> tuple[tuple[str, str], ...]:
    return ((POOL_LABEL, pool.name), *sorted(pool.labels.items())) if pool else ()
