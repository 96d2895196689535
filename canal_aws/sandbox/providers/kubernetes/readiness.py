"""When an object has become what was asked: the conditions that the official provider waits for.

Workloads follow kstatus (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md), as the
official provider does for a DaemonSet and, in words of its own, for a Deployment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canal_aws.sandbox.providers.kubernetes.kinds import Kind

Live = Mapping[str, Any]

SKIP_AWAIT = "pulumi.com/skipAwait"


def waiting_for(kind: Kind, live: Live) -> str | None:
    """What `live` still lacks, in a few words; None where it is ready."""
    check = _CHECKS.get((kind.api_version, kind.name))
    return check(live) if check else None


def awaited(kind: Kind) -> bool:
    """Whether the kind is waited for at all."""
    return (kind.api_version, kind.name) in _CHECKS


def skips_await(inputs: Mapping[str, Any]) -> bool:
    """Whether the object's own annotation asks not to wait."""
    annotations = (inputs.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(SKIP_AWAIT)).lower() == "true"


def _daemon_set(live: Live) -> str | None:
    status = live.get("status") or {}
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the DaemonSet controller has not seen the latest change"
    desired = status.get("desiredNumberScheduled", 0)
    for key, said in (
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ):
        if status.get(key, 0) < desired:
            return f"{status.get(key, 0)} of {desired} pods {said}"
    return None


def _deployment(live: Live) -> str | None:
    status = live.get("status") or {}
    if status.get("observedGeneration", 0) < live["metadata"].get("generation", 0):
        return "the Deployment controller has not seen the latest change"
    wanted = (live.get("spec") or {}).get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        return f"{updated} of {wanted} replicas updated{_progress(status)}"
    if status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} old replicas are still there"
    if available < wanted:
        return f"{available} of {wanted} replicas available{_progress(status)}"
    if _condition(status, "Available").get("status") != "True":
        return f"it is not Available{_progress(status)}"
    return None


def _established(live: Live) -> str | None:
    status = live.get("status") or {}
    refused = _condition(status, "NamesAccepted")
    if refused.get("status") == "False":
        return f"its names are not accepted: {refused.get('message')}"
    return None if _condition(status, "Established").get("status") == "True" else "it is not Established"


def _condition(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((entry for entry in status.get("conditions") or () if entry.get("type") == name), {})


def _progress(status: Mapping[str, Any]) -> str:
    """Why a rollout is stuck, where the controller says so."""
    for name in ("Progressing", "ReplicaFailure"):
        condition = _condition(status, name)
        stuck = condition.get("status") == ("False" if name == "Progressing" else "True")
        if stuck:
            return f" ({condition.get('reason')}: {condition.get('message')})"
    return ""


_CHECKS: Mapping[tuple[str, str], Callable[[Live], str | None]] = {
    ("apps/v1", "DaemonSet"): _daemon_set,
    ("apps/v1", "Deployment"): _deployment,
    # The official provider does not wait here but repeats the creation of a custom resource until it succeeds.
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): _established,
}
