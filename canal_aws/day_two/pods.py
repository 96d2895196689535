"""Which pods of a node are evicted, which stay, and which hold a drain up: kubectl drain's own rules.

Source: kubectl/pkg/drain/filters.go (Kubernetes v1.36) and "Safely Drain a Node" in the Kubernetes documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_MIRROR = "kubernetes.io/config.mirror"
Pod = Mapping[str, Any]


@dataclass(frozen=True)
class Allowed:
    """What the user takes on themselves, by kubectl drain's names: `force` loses pods that nothing makes anew."""

    force: bool = False
    delete_emptydir_data: bool = False


def title(pod: Pod) -> str:
    """namespace/name."""
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def finished(pod: Pod) -> bool:
    """Whether its containers have ended for good."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def stays(pod: Pod) -> bool:
    """Whether a drain leaves it: a static pod's mirror, or one of a DaemonSet, whose controller would put it back."""
    if _MIRROR in (pod["metadata"].get("annotations") or {}):
        return True
    return _controller(pod) == "DaemonSet" and not finished(pod)


def obstacles(pods: Iterable[Pod], allowed: Allowed) -> list[str]:
    """What is in a drain's way, one line a pod; empty where all can be evicted."""
    return [line for pod in pods if not stays(pod) and (line := _obstacle(pod, allowed))]


def _obstacle(pod: Pod, allowed: Allowed) -> str:
    if finished(pod) or pod["metadata"].get("deletionTimestamp"):
        return ""
    if not _controller(pod) and not allowed.force:
        return f"{title(pod)} has no controller that would make it anew (--force deletes it)"
    local = any("emptyDir" in volume for volume in pod["spec"].get("volumes") or ())
    if local and not allowed.delete_emptydir_data:
        return f"{title(pod)} keeps data in an emptyDir volume (--delete-emptydir-data loses it)"
    return ""


def _controller(pod: Pod) -> str:
    """The kind of its controller; "" for none."""
    owners = pod["metadata"].get("ownerReferences") or ()
    return next((str(owner["kind"]) for owner in owners if owner.get("controller")), "")
