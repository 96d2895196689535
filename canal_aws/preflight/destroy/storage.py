"""Volumes and snapshots that the EBS CSI driver made for this cluster: they hold no VPC, outlive it, and cost money."""

from __future__ import annotations

from typing import Any

from canal_aws.preflight.destroy.owners import owner_of
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import Snapshots, Thing, Volumes
from canal_aws.preflight.live.asking import Asking

#: kubernetes-sigs/aws-ebs-csi-driver, docs/tagging.md: what says that the driver made it, whatever the cluster.
_DRIVERS = ("CSIVolumeName", "kubernetes.io/created-for/pvc/name")
_CLUSTER = "kubernetes.io/cluster/"


def volumes(asking: Asking, stack: StackFacts) -> Volumes:
    """Those with the cluster's tag, and the driver's that are attached to the stack's instances."""
    found: dict[str, dict[str, Any]] = {}
    for keys in ([stack.cluster_tag], list(_DRIVERS)):
        asked = [{"Name": "tag-key", "Values": keys}]
        for each in asking.pages("ec2", "describe_volumes", "Volumes", Filters=asked):
            if _of_cluster(stack, each):
                found[each["VolumeId"]] = each
    return Volumes(tuple(_volume(stack, each) for each in found.values() if not stack.owns(each, each["VolumeId"])))


def _volume(stack: StackFacts, volume: dict[str, Any]) -> Thing:
    kept = ""
    if volume["State"] != "available":
        kept = f"it is {volume['State']}"
    elif not _tagged(stack, volume):
        kept = f"it has no tag {stack.cluster_tag}"
    return Thing("volume", volume["VolumeId"], owner_of(volume), kept_because=kept, detail=f"{volume['Size']} GiB")


def snapshots(asking: Asking, stack: StackFacts) -> Snapshots:
    """Those of the account itself with the cluster's tag."""
    asked = [{"Name": "tag-key", "Values": [stack.cluster_tag]}]
    found = asking.pages("ec2", "describe_snapshots", "Snapshots", Filters=asked, OwnerIds=["self"])
    kept = "a backup is yours to delete"
    return Snapshots(
        tuple(
            Thing("snapshot", each["SnapshotId"], owner_of(each), kept_because=kept, detail=f"of {each['VolumeId']}")
            for each in found
            if not stack.owns(each, each["SnapshotId"])
        )
    )


def _tagged(stack: StackFacts, item: dict[str, Any]) -> bool:
    return any(tag["Key"] == stack.cluster_tag for tag in item.get("Tags") or ())


def _of_cluster(stack: StackFacts, volume: dict[str, Any]) -> bool:
    keys = {tag["Key"] for tag in volume.get("Tags") or ()}
    clusters = {key for key in keys if key.startswith(_CLUSTER)}
    attached = any(each.get("InstanceId") in stack.ids for each in volume.get("Attachments") or ())
    return stack.cluster_tag in clusters or (attached and not clusters)
