"""The images, pinned to versions that are released together or tested together.

Calico v3.32.1: projectcalico/calico, manifests/canal.yaml at that tag, tested by its project on Kubernetes 1.34 to
1.36. flannel v0.28.10: Calico's own canal.yaml still names v0.24.4, which drops its masquerade rules whenever the
pod is replaced, knows no `--ip-blackhole-route` and comes from a registry with pull limits.
All of them are multi-architecture indexes (amd64 and arm64).
"""

from __future__ import annotations

CALICO_VERSION = "v3.32.1"
FLANNEL_VERSION = "v0.28.10"

CALICO_CNI = f"quay.io/calico/cni:{CALICO_VERSION}"
CALICO_NODE = f"quay.io/calico/node:{CALICO_VERSION}"
CALICO_KUBE_CONTROLLERS = f"quay.io/calico/kube-controllers:{CALICO_VERSION}"
FLANNEL = f"ghcr.io/flannel-io/flannel:{FLANNEL_VERSION}"
