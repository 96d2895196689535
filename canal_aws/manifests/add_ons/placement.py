"""Where the add-ons' controllers run: on control-plane nodes, whose instances' role has the rights that they need.

In the node's own network: the instance metadata service answers at a hop limit of 1, which no pod's packet survives.
"""

from __future__ import annotations

from canal_aws.manifests.objects import Manifest

LOOPBACK = "127.0.0.1"
ON_CONTROL_PLANE = {"kubernetes.io/os": "linux", "node-role.kubernetes.io/control-plane": ""}
CONTROL_PLANE_TOLERATION: Manifest = {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}
#: A container that needs nothing of its node.
RESTRICTED: Manifest = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
SECCOMP: Manifest = {"seccompProfile": {"type": "RuntimeDefault"}}
