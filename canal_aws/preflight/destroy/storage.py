"""Volumes and snapshots that the EBS CSI driver made for this cluster: they hold no VPC, outlive it, and cost money.

The program has the driver put the stack's tag on them (infra/canal.py): here it says whose cluster's they are, not that the
program made them. The cluster's tag alone does not: it has the stack's plain name, which another cluster may have too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from canal_aws.preflight.destroy.owners import owner_of
from canal_aws.preflight.destroy.stack_facts import StackFacts
from canal_aws.preflight.destroy.things import Snapshots, Thing, Volumes
from canal_aws.preflight.live.asking import Asking
from canal_aws.preflight.live.target import tags_of
from canal_aws.stack.deployment import STACK_TAG

#: kubernetes-sigs/aws-ebs-csi-driver, docs/tagging.md: what says that the driver made it, whatever the cluster.
_DRIVERS = ("CSIVolumeName", "kubernetes.io/created-for/pvc/name")
_CLUSTER = "kubernetes.io/cluster/"


def volumes(asking: Asking, stack: StackFacts) -> Volumes:
    """Those with the cluster's tag, and the driver's that have the stack's tag or are attached to its instances."""
    found: dict[str, dict[str, Any]] = {}
    for keys in ([stack.cluster_tag], list(_DRIVERS)):
        asked = [{"Name": "tag-key", "Values": keys}]
        for each in asking.pages("ec2", "describe_volumes", "Volumes", Filters=asked):
            if _of_cluster(stack, each) and each["VolumeId"] not in stack.ids:
                found[each["VolumeId"]] = each
    return Volumes(tuple(_volume(stack, each) for each in found.values()))


def _volume(stack: StackFacts, volume: dict[str, Any]) -> Thing:
    kept = "" if volume["State"] == "available" else f"it is {volume['State']}"
    thing = Thing("volume", volume["VolumeId"], owner_of(volume), kept_because=kept, detail=f"{volume['Size']} GiB")
    return thing if stack.is_tagged(volume) or _is_attached(stack, volume) else _perhaps_anothers(stack, thing)


def snapshots(asking: Asking, stack: StackFacts) -> Snapshots:
    """Those of the account itself with the cluster's tag."""
    asked = [{"Name": "tag-key", "Values": [stack.cluster_tag]}]
    found = asking.pages("ec2", "describe_snapshots", "Snapshots", Filters=asked, OwnerIds=["self"])
    return Snapshots(tuple(_snapshot(stack, each) for each in found if each["SnapshotId"] not in stack.ids))


def _snapshot(stack: StackFacts, snapshot: dict[str, Any]) -> Thing:
    kept, detail = "a backup is yours to delete", f"of {snapshot['VolumeId']}"
    thing = Thing("snapshot", snapshot["SnapshotId"], owner_of(snapshot), kept_because=kept, detail=detail)
    return thing if stack.is_tagged(snapshot) else _perhaps_anothers(stack, thing)


def _perhaps_anothers(stack: StackFacts, thing: Thing) -> Thing:
    # Its claim's name may be that of a claim on this cluster: no word of kubectl.
    owner = replace(thing.owner, way_out="find out first whose it is")
    kept = f"it may be another cluster's of this name, since it has no tag {STACK_TAG}={stack.name}"
    return replace(thing, owner=owner, kept_because=kept)


def _of_cluster(stack: StackFacts, volume: dict[str, Any]) -> bool:
    clusters = {key for key in tags_of(volume) if key.startswith(_CLUSTER)}
    ours = stack.is_tagged(volume) or stack.cluster_tag in clusters
    return ours or (_is_attached(stack, volume) and not clusters)


def _is_attached(stack: StackFacts, volume: dict[str, Any]) -> bool:
    return any(each.get("InstanceId") in stack.ids for each in volume.get("Attachments") or ())
