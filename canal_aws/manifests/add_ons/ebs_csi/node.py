"""The part that formats and mounts volumes, on every node."""

from __future__ import annotations

from canal_aws.manifests.add_ons.ebs_csi.containers import SOCKET, container, health, liveness_probe
from canal_aws.manifests.add_ons.ebs_csi.names import DRIVER, LABEL, NODE, NODE_ACCOUNT
from canal_aws.manifests.add_ons.images import CSI_NODE_DRIVER_REGISTRAR, EBS_CSI_DRIVER
from canal_aws.manifests.add_ons.placement import SECCOMP
from canal_aws.manifests.objects import NAMESPACE, Manifest, env_field, exec_probe, manifest

_SELECTOR = {"app": NODE, **LABEL}
_HEALTH_PORT = 9809
_SOCKETS = "plugin-dir"
_KUBELET = "/var/lib/kubelet"
_PLUGIN_FOLDER = f"{_KUBELET}/plugins/{DRIVER}/"


def daemon_set() -> Manifest:
    """In the node's network too: the driver reads the instance's type and zone from its metadata."""
    pod = {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "hostNetwork": True,
        "priorityClassName": "system-node-critical",
        "terminationGracePeriodSeconds": 30,
        "serviceAccountName": NODE_ACCOUNT,
        "securityContext": {**SECCOMP, "runAsUser": 0, "runAsGroup": 0, "fsGroup": 0},
        "containers": [_driver(), _registrar(), liveness_probe(_HEALTH_PORT, _SOCKETS)],
        "volumes": [
            _host("kubelet-dir", _KUBELET, "Directory"),
            _host(_SOCKETS, _PLUGIN_FOLDER, "DirectoryOrCreate"),
            _host("registration-dir", f"{_KUBELET}/plugins_registry/", "Directory"),
            _host("device-dir", "/dev", "Directory"),
            {"name": "probe-dir", "emptyDir": {}},
        ],
    }
    spec = {
        "selector": {"matchLabels": _SELECTOR},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}},
        "template": {"metadata": {"labels": _SELECTOR}, "spec": pod},
    }
    return manifest("apps/v1", "DaemonSet", NODE, namespace=NAMESPACE, labels=LABEL, spec=spec)


def _driver() -> Manifest:
    args = [
        "node",
        f"--endpoint=unix:{SOCKET}",
        f"--csi-mount-point-prefix={_KUBELET}/plugins/kubernetes.io/csi/{DRIVER}/",
        "--v=2",
    ]
    plain = container("ebs-plugin", EBS_CSI_DRIVER, args, _SOCKETS)
    return {
        **plain,
        "env": [env_field("CSI_NODE_NAME", "spec.nodeName")],
        "livenessProbe": health(_HEALTH_PORT),
        # Waits until the node's volumes are detached where the node is being drained.
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/aws-ebs-csi-driver", "pre-stop-hook"]}}},
        # It mounts for the kubelet.
        "securityContext": {"privileged": True, "readOnlyRootFilesystem": True},
        "volumeMounts": [
            {"name": "kubelet-dir", "mountPath": _KUBELET, "mountPropagation": "Bidirectional"},
            *plain["volumeMounts"],
            {"name": "device-dir", "mountPath": "/dev"},
        ],
    }


def _registrar() -> Manifest:
    registration = f"--kubelet-registration-path={_PLUGIN_FOLDER}csi.sock"
    args = [f"--csi-address={SOCKET}", registration, "--v=2"]
    plain = container("node-driver-registrar", CSI_NODE_DRIVER_REGISTRAR, args, _SOCKETS)
    return {
        **plain,
        "livenessProbe": exec_probe(
            ["/csi-node-driver-registrar", registration, "--mode=kubelet-registration-probe"],
            initialDelaySeconds=30,
            periodSeconds=90,
            timeoutSeconds=15,
        ),
        "volumeMounts": [
            *plain["volumeMounts"],
            {"name": "registration-dir", "mountPath": "/registration"},
            {"name": "probe-dir", "mountPath": _PLUGIN_FOLDER},
        ],
    }


def _host(name: str, path: str, kind: str) -> Manifest:
    return {"name": name, "hostPath": {"path": path, "type": kind}}
