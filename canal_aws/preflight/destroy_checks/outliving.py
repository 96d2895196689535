"""What `pulumi destroy` leaves behind, most of it with a price."""

from __future__ import annotations

from collections.abc import Iterator

from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import Snapshots, TargetGroups, Volumes
from canal_aws.preflight.destroy_checks.blocking import each_as
from canal_aws.preflight.findings import Finding, ok, warning
from canal_aws.preflight.registry import check

_TAGGING = "kubernetes-sigs/aws-ebs-csi-driver, docs/tagging.md"


@check("left-target-groups", group="after destroy", source="ELB, Target groups for your load balancers")
def no_target_groups_are_left(found: TargetGroups) -> Iterator[Finding]:
    """No target group of a load-balancer controller's outlives the VPC."""
    yield from each_as(warning, found, "no target groups but the program's")


@check("left-volumes", group="after destroy", source=_TAGGING)
def no_volumes_are_left(found: Volumes) -> Iterator[Finding]:
    """No volume of the EBS CSI driver's outlives the cluster and goes on costing money."""
    yield from each_as(warning, found, "no volumes of the EBS CSI driver's")


@check("left-snapshots", group="after destroy", source=_TAGGING)
def no_snapshots_are_left(found: Snapshots) -> Iterator[Finding]:
    """No snapshot of such a volume outlives the cluster."""
    yield from each_as(warning, found, "no snapshots of the EBS CSI driver's")


@check("kept-buckets", group="after destroy", source="infra/snapshots.py")
def buckets_are_not_kept(stack: StackFacts) -> Iterator[Finding]:
    """Whether `destroy` leaves the bucket with the etcd snapshots on purpose."""
    for bucket in stack.kept_buckets:
        yield warning(
            f"bucket {bucket}: keepEtcdSnapshots leaves it, with its snapshots, after `pulumi destroy`",
            "save the encryption key first; delete the bucket yourself when nobody needs them any more",
        )
    if not stack.kept_buckets:
        yield ok("no bucket is left on purpose")
