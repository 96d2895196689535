"""What AWS's cloud controller manager does to new Nodes, done in its place: its pods only seem to run here.

A kubelet with --cloud-provider=external taints its Node until the controller has looked at it (Kubernetes, "Cloud
Controller Manager Administration"); without anybody who takes the taint away no Deployment would ever be scheduled.
"""

from __future__ import annotations

import time

from canal_aws.sandbox.fleet.admin import Admin

TAINT = "node.cloudprovider.kubernetes.io/uninitialized"
_DAEMON_SET = "/apis/apps/v1/namespaces/kube-system/daemonsets/aws-cloud-controller-manager"
_EVERY_SECONDS = 3.0


class CloudController:
    """Looks every few seconds; does nothing on clusters without the controller's DaemonSet."""

    def __init__(self, admin: Admin) -> None:
        self._admin = admin
        self._next = 0.0

    def look(self) -> list[str]:
        """The names of the Nodes that it has initialized now. Raises ApiError."""
        if time.monotonic() < self._next:
            return []
        self._next = time.monotonic() + _EVERY_SECONDS
        found = self._admin.find(_DAEMON_SET)
        return self.initialize() if found and (found.get("status") or {}).get("numberReady") else []

    def initialize(self) -> list[str]:
        """Take the taint from every Node that has it."""
        tainted = {
            node["metadata"]["name"]: node["spec"]["taints"]
            for node in (self._admin.find("/api/v1/nodes") or {"items": []})["items"]
            if any(taint["key"] == TAINT for taint in node["spec"].get("taints") or ())
        }
        for name, taints in tainted.items():
            kept = [taint for taint in taints if taint["key"] != TAINT]
            self._admin.patch(f"/api/v1/nodes/{name}", {"spec": {"taints": kept}})
        return sorted(tainted)
