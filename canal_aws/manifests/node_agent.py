"""What runs on each node goes by upstream's names, so that calicoctl and other people's tools find it.

With flannel these are canal.yaml's names, with BIRD calico.yaml's (projectcalico/calico, manifests/ at v3.32.1).
"""

from __future__ import annotations

from dataclasses import dataclass

from architectures import Architecture, Flannel
from canal_aws.manifests.objects import Manifest, env_field


@dataclass(frozen=True)
class NodeAgent:
    """The names of the node agent's objects, and what Calico calls the kind of cluster."""

    name: str
    """DaemonSet, its label k8s-app, ServiceAccount."""
    config_map: str
    calico_binding: str
    """The ClusterRoleBinding that gives the account the ClusterRole calico-node."""
    cni_conf_name: str
    """The file that the CNI runtime reads, under /etc/cni/net.d."""
    cluster_type: str
    """CLUSTER_TYPE: recorded in Calico's ClusterInformation."""
    cni_account: str
    """The account whose tokens calico-node fetches for the CNI plugin."""


#: Calico's default account for the CNI plugin (CALICO_CNI_SERVICE_ACCOUNT unset); upstream makes it in both.
CNI_PLUGIN_ACCOUNT = "calico-cni-plugin"
KUBE_CONTROLLERS = "calico-kube-controllers"

CANAL = NodeAgent(
    name="canal",
    config_map="canal-config",
    calico_binding="canal-calico",
    cni_conf_name="10-canal.conflist",
    cluster_type="k8s,canal",
    cni_account="canal",
)
CALICO_NODE = NodeAgent(
    name="calico-node",
    config_map="calico-config",
    calico_binding="calico-node",
    cni_conf_name="10-calico.conflist",
    cluster_type="k8s,bgp",
    cni_account=CNI_PLUGIN_ACCOUNT,
)


def cni_account_env(agent: NodeAgent) -> list[Manifest]:
    """Tells Calico which account the CNI plugin uses, where it isn't the default one."""
    if agent.cni_account == CNI_PLUGIN_ACCOUNT:
        return []
    return [env_field("CALICO_CNI_SERVICE_ACCOUNT", "spec.serviceAccountName")]


def node_agent(architecture: Architecture) -> NodeAgent:
    """The node agent of that architecture."""
    return CANAL if isinstance(architecture.networking, Flannel) else CALICO_NODE
