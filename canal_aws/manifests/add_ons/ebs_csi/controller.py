"""The part that asks AWS for volumes, on control-plane nodes."""

from __future__ import annotations

from collections.abc import Mapping

from canal_aws.manifests.add_ons.ebs_csi.containers import SOCKET, container, health, liveness_probe
from canal_aws.manifests.add_ons.ebs_csi.names import CONTROLLER, CONTROLLER_ACCOUNT, LABEL
from canal_aws.manifests.add_ons.images import CSI_ATTACHER, CSI_PROVISIONER, CSI_RESIZER, EBS_CSI_DRIVER
from canal_aws.manifests.add_ons.placement import CONTROL_PLANE_TOLERATION, ON_CONTROL_PLANE, SECCOMP
from canal_aws.manifests.objects import NAMESPACE, Manifest, env_field, manifest

_SELECTOR = {"app": CONTROLLER, **LABEL}
_HEALTH_PORT = 9808
_SOCKETS = "socket-dir"
_USER = 1000


def pod_disruption_budget() -> Manifest:
    """A drain takes one replica at a time."""
    spec = {"maxUnavailable": 1, "selector": {"matchLabels": _SELECTOR}}
    return manifest("policy/v1", "PodDisruptionBudget", CONTROLLER, namespace=NAMESPACE, labels=LABEL, spec=spec)


def deployment(cluster_name: str, replicas: int, volume_tags: Mapping[str, str]) -> Manifest:
    """Replicas elect a leader; each is on a node of its own, whose network it uses."""
    apart = {"labelSelector": {"matchLabels": _SELECTOR}, "topologyKey": "kubernetes.io/hostname"}
    pod = {
        "nodeSelector": ON_CONTROL_PLANE,
        "tolerations": [{"key": "CriticalAddonsOnly", "operator": "Exists"}, CONTROL_PLANE_TOLERATION],
        "affinity": {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}},
        "hostNetwork": True,
        "priorityClassName": "system-cluster-critical",
        "serviceAccountName": CONTROLLER_ACCOUNT,
        "securityContext": {
            **SECCOMP,
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
        },
        "containers": [
            _driver(cluster_name, volume_tags),
            _sidecar("csi-provisioner", CSI_PROVISIONER, "--extra-create-metadata=true", "--default-fstype=ext4"),
            _sidecar("csi-attacher", CSI_ATTACHER),
            _sidecar("csi-resizer", CSI_RESIZER, "--handle-volume-inuse-error=false"),
            liveness_probe(_HEALTH_PORT, _SOCKETS),
        ],
        "volumes": [{"name": _SOCKETS, "emptyDir": {}}],
    }
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": _SELECTOR},
        # No third node may be there for a pod on top.
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "template": {"metadata": {"labels": _SELECTOR}, "spec": pod},
    }
    return manifest("apps/v1", "Deployment", CONTROLLER, namespace=NAMESPACE, labels=LABEL, spec=spec)


def _driver(cluster_name: str, volume_tags: Mapping[str, str]) -> Manifest:
    args = [
        "controller",
        f"--endpoint=unix://{SOCKET}",
        f"--k8s-tag-cluster-id={cluster_name}",
        "--batching=true",
        "--v=2",
    ]
    if volume_tags:
        args.append("--extra-tags=" + ",".join(f"{key}={value}" for key, value in volume_tags.items()))
    return {
        **container("ebs-plugin", EBS_CSI_DRIVER, args, _SOCKETS),
        "env": [env_field("CSI_NODE_NAME", "spec.nodeName")],
        "livenessProbe": health(_HEALTH_PORT),
        "readinessProbe": health(_HEALTH_PORT),
    }


def _sidecar(name: str, image: str, *more: str) -> Manifest:
    args = [f"--csi-address={SOCKET}", "--timeout=60s", "--leader-election=true", "--v=2", *more]
    return container(name, image, args, _SOCKETS)
