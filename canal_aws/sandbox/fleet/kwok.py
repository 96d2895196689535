"""kwok, once a cluster and outside it: keeps the Nodes of running machines Ready and says of every pod that it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from canal_aws.sandbox.fleet.admin import Admin
from canal_aws.sandbox.fleet.processes import Child, stop

ANNOTATION = "kwok.x-k8s.io/node"
FAKE = "fake"
# A soft limit: the collector works harder above it. At rest it takes about 50 MiB.
_MEMORY = "200MiB"


class Kwok:
    """The process of one cluster. Start it from a thread that lives as long as the cluster (see processes.Child).

    ApiError, and nothing started, where the API does not answer or kubeadm has not uploaded its configuration yet.
    """

    def __init__(self, bin_dir: Path, folder: Path, admin: Admin) -> None:
        pod_subnet = admin.pod_subnet()
        (folder / "kwok.yaml").touch()  # keeps ~/.kwok/kwok.yaml out
        argv = [
            str(bin_dir / "kwok"),
            f"--config={folder / 'kwok.yaml'}",
            f"--kubeconfig={admin.kubeconfig_path}",
            "--manage-all-nodes=false",
            f"--manage-nodes-with-annotation-selector={ANNOTATION}={FAKE}",
            "--node-lease-duration-seconds=40",  # a kubelet's
            f"--cidr={pod_subnet}",  # for pods on nodes that have no podCIDR of their own
        ]
        environment = {"GOMEMLIMIT": _MEMORY, "HTTPS_PROXY": admin.proxy, "NO_PROXY": "", "no_proxy": ""}
        self.child = Child("kwok", argv, folder / "kwok.log", environment)

    def look(self, note: Callable[[str], None]) -> None:
        """Start it again where it has ended."""
        if self.child.returncode is not None:
            note(f"kwok (pid {self.child.pid}) ended with status {self.child.returncode}: it is started again")
            self.child.restart()

    def look_anew(self) -> None:
        """Let it ask anew which Nodes are its own: while it runs, it renews the leases of those that it lost and does not
        take up those that it got."""
        self.stop()
        self.child.restart()

    def stop(self) -> None:
        """End it."""
        stop([[self.child]])


def mark_the_living(admin: Admin, living: Mapping[str, bool]) -> tuple[list[str], bool]:
    """Take from kwok the Nodes whose machine does not run, and give back those whose machine runs again.

    `living` is node name to whether its machine runs; other Nodes are left alone. Without kwok's heartbeats the
    controller manager finds out by itself, as with a kubelet that is gone. Returns the names of all Nodes, and whether
    a mark was changed.
    """
    nodes, changed = admin.nodes(), False
    for name, annotated in nodes.items():
        runs = living.get(name)
        if runs is False and ANNOTATION in annotated:
            admin.annotate(name, ANNOTATION, None)
            changed = True
        elif runs and ANNOTATION not in annotated:
            admin.annotate(name, ANNOTATION, FAKE)
            changed = True
    return sorted(nodes), changed
