"""calico-kube-controllers: keeps Calico's data in step with Kubernetes'.

As in Calico's manifests at v3.32.1, the same for every architecture.
"""

from __future__ import annotations

from canal_aws.manifests.images import CALICO_KUBE_CONTROLLERS
from canal_aws.manifests.node_agent import KUBE_CONTROLLERS
from canal_aws.manifests.objects import NAMESPACE, Manifest, env_value, exec_probe, manifest

_LABELS = {"k8s-app": KUBE_CONTROLLERS}
_STATUS = "/usr/bin/check-status"


def pod_disruption_budget() -> Manifest:
    """Lets a drain evict the controllers, which autoscalers don't do to kube-system's pods otherwise."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _LABELS}}
    return manifest(
        "policy/v1", "PodDisruptionBudget", KUBE_CONTROLLERS, namespace=NAMESPACE, labels=_LABELS, spec=spec
    )


def deployment() -> Manifest:
    """One replica, never two at a time: the controllers elect no leader."""
    container = {
        "name": KUBE_CONTROLLERS,
        "image": CALICO_KUBE_CONTROLLERS,
        "imagePullPolicy": "IfNotPresent",
        "env": [env_value("ENABLED_CONTROLLERS", "node,loadbalancer"), env_value("DATASTORE_TYPE", "kubernetes")],
        "livenessProbe": exec_probe(
            [_STATUS, "-l"], periodSeconds=10, initialDelaySeconds=10, failureThreshold=6, timeoutSeconds=10
        ),
        "readinessProbe": exec_probe([_STATUS, "-r"], periodSeconds=10),
        # As Calico's operator runs it (tigera/operator, pkg/render/common/securitycontext): it needs no more.
        "securityContext": {
            "runAsNonRoot": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    pod = {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "serviceAccountName": KUBE_CONTROLLERS,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "priorityClassName": "system-cluster-critical",
        "containers": [container],
    }
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": _LABELS},
        "strategy": {"type": "Recreate"},
        "template": {"metadata": {"labels": _LABELS}, "spec": pod},
    }
    return manifest("apps/v1", "Deployment", KUBE_CONTROLLERS, namespace=NAMESPACE, labels=_LABELS, spec=spec)
