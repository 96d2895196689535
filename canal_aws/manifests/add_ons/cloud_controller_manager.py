"""The AWS cloud controller manager: gives Nodes their addresses and zones, deletes those whose instance is gone, and
makes load balancers for Services.

Flags, rights and tolerations after charts/aws-cloud-controller-manager of kubernetes/cloud-provider-aws; docs/add-ons.md
lists what differs.
"""

from __future__ import annotations

from canal_aws.manifests.add_ons.images import cloud_controller_manager_image
from canal_aws.manifests.add_ons.placement import (
    CONTROL_PLANE_TOLERATION,
    LOOPBACK,
    ON_CONTROL_PLANE,
    RESTRICTED,
    SECCOMP,
)
from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest
from canal_aws.manifests.rbac import account, binding
from canal_aws.manifests.rules import CORE, READ, rule

_NAME = "aws-cloud-controller-manager"
_ACCOUNT = "cloud-controller-manager"
_ROLE = "system:cloud-controller-manager"
_CONFIG = "aws-cloud-config"
_CONFIG_FOLDER = "/etc/aws"
_PORT = 10258  # the default of --secure-port
_TOLERATIONS = [
    # The taint that this very program takes away.
    {"key": "node.cloudprovider.kubernetes.io/uninitialized", "value": "true", "effect": "NoSchedule"},
    # It may come up before the pods' network: it does not use it.
    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoSchedule"},
    CONTROL_PLANE_TOLERATION,
]
_RULES = (
    rule(CORE, ["events"], ["create", "patch", "update"]),
    rule(CORE, ["nodes"], [*READ, "update", "patch", "delete"]),
    rule(CORE, ["nodes/status"], ["patch"]),
    rule(CORE, ["services"], [*READ, "patch", "update"]),
    rule(CORE, ["services/status"], ["patch", "update"]),
    rule(["coordination.k8s.io"], ["leases"], ["get", "create", "update"]),
)


def cloud_controller_manager(*, kubernetes_version: str, cluster_name: str) -> tuple[Manifest, ...]:
    """Its objects for a Kubernetes release; AddOnError where no version is pinned for that.

    `cluster_name` stands in the tag kubernetes.io/cluster/<name> of the subnets and security groups it may use, and in
    KubernetesCluster=<name> of the instances. It is told here: one that reads it from the latter puts that on what it makes.
    """
    labels = {"k8s-app": _NAME}
    pod = {
        "nodeSelector": ON_CONTROL_PLANE,
        "tolerations": _TOLERATIONS,
        "hostNetwork": True,
        # The node's own resolver: the cluster's waits for nodes that this program sets free.
        "dnsPolicy": "Default",
        "priorityClassName": "system-node-critical",
        "serviceAccountName": _ACCOUNT,
        "securityContext": SECCOMP,
        "containers": [_container(kubernetes_version, cluster_name)],
        "volumes": [{"name": "cloud-config", "configMap": {"name": _CONFIG}}],
    }
    spec = {
        "selector": {"matchLabels": labels},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return (
        manifest("v1", "ServiceAccount", _ACCOUNT, namespace=NAMESPACE),
        manifest("rbac.authorization.k8s.io/v1", "ClusterRole", _ROLE, rules=list(_RULES)),
        binding(_ROLE, _ROLE, account(_ACCOUNT)),
        # How it checks who asks for its metrics.
        binding(
            f"{_ACCOUNT}:apiserver-authentication-reader",
            "extension-apiserver-authentication-reader",
            account(_ACCOUNT),
            namespace=NAMESPACE,
        ),
        manifest(
            "v1",
            "ConfigMap",
            _CONFIG,
            namespace=NAMESPACE,
            data={"cloud.conf": f'[Global]\nKubernetesClusterID = "{cluster_name}"\n'},
        ),
        manifest("apps/v1", "DaemonSet", _NAME, namespace=NAMESPACE, labels=labels, spec=spec),
    )


def _container(kubernetes_version: str, cluster_name: str) -> Manifest:
    healthz = {"scheme": "HTTPS", "host": LOOPBACK, "port": _PORT, "path": "/healthz"}
    return {
        "name": _NAME,
        "image": cloud_controller_manager_image(kubernetes_version),
        "imagePullPolicy": "IfNotPresent",
        "args": [
            "--cloud-provider=aws",
            f"--cloud-config={_CONFIG_FOLDER}/cloud.conf",
            f"--cluster-name={cluster_name}",
            # True by default, and it would write routes of its own. Ours are the program's, or there are none.
            "--configure-cloud-routes=false",
            f"--bind-address={LOOPBACK}",
            "--v=2",
        ],
        "livenessProbe": {"httpGet": healthz, "initialDelaySeconds": 20, "periodSeconds": 10, "timeoutSeconds": 5},
        "readinessProbe": {"httpGet": healthz, "periodSeconds": 10, "timeoutSeconds": 5},
        "resources": {"requests": {"cpu": "200m"}},
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "cloud-config", "mountPath": _CONFIG_FOLDER, "readOnly": True}],
    }
