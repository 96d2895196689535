"""The driver's container and its sidecars, as controller and node share them.

Upstream's health checks listen on every address, on one port for both. Here both are in the node's network, and may be
on the same node: each listens on loopback, on a port of its own.
"""

from __future__ import annotations

from canal_aws.manifests.add_ons.images import LIVENESS_PROBE
from canal_aws.manifests.add_ons.placement import LOOPBACK, RESTRICTED
from canal_aws.manifests.objects import Manifest

SOCKET_FOLDER = "/csi"
SOCKET = f"{SOCKET_FOLDER}/csi.sock"
_RESOURCES = {"requests": {"cpu": "10m", "memory": "40Mi"}, "limits": {"memory": "256Mi"}}


def container(name: str, image: str, args: list[str], socket_volume: str) -> Manifest:
    """A container beside the driver's socket, with nothing else of the node."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": args,
        "resources": _RESOURCES,
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": socket_volume, "mountPath": SOCKET_FOLDER}],
    }


def liveness_probe(port: int, socket_volume: str) -> Manifest:
    """Asks the driver over its socket, and answers the kubelet on loopback."""
    args = [f"--csi-address={SOCKET}", f"--http-endpoint={LOOPBACK}:{port}"]
    return container("liveness-probe", LIVENESS_PROBE, args, socket_volume)


def health(port: int) -> Manifest:
    """The driver's probe through its sidecar."""
    return {
        "httpGet": {"host": LOOPBACK, "port": port, "path": "/healthz"},
        "initialDelaySeconds": 10,
        "periodSeconds": 10,
        "timeoutSeconds": 3,
        "failureThreshold": 5,
    }
