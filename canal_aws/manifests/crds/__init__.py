"""The kinds that Calico keeps its data in: 22 of its own and the Kubernetes network-policy API's."""

from __future__ import annotations

from canal_aws.manifests.crds.addresses import HOST_ENDPOINT, IP_POOL, IP_RESERVATION, NETWORK_SETS
from canal_aws.manifests.crds.bgp import BGP_CONFIGURATION, BGP_PEER
from canal_aws.manifests.crds.bgp_filter import BGP_FILTER
from canal_aws.manifests.crds.calico_data import CALICO_DATA
from canal_aws.manifests.crds.cluster_network_policy import CLUSTER_NETWORK_POLICY
from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.crds.felix import FELIX_CONFIGURATION
from canal_aws.manifests.crds.kube_controllers import KUBE_CONTROLLERS_CONFIGURATION
from canal_aws.manifests.crds.kubernetes_policy import STAGED_KUBERNETES_NETWORK_POLICY
from canal_aws.manifests.crds.node_status import CALICO_NODE_STATUS
from canal_aws.manifests.crds.policy import POLICIES
from canal_aws.manifests.crds.tier import TIER
from canal_aws.manifests.objects import Manifest

DEFINITIONS: tuple[Definition, ...] = (
    BGP_CONFIGURATION,
    BGP_FILTER,
    BGP_PEER,
    CALICO_NODE_STATUS,
    CLUSTER_NETWORK_POLICY,
    FELIX_CONFIGURATION,
    HOST_ENDPOINT,
    IP_POOL,
    IP_RESERVATION,
    KUBE_CONTROLLERS_CONFIGURATION,
    STAGED_KUBERNETES_NETWORK_POLICY,
    TIER,
    *CALICO_DATA,
    *NETWORK_SETS,
    *POLICIES,
)


def custom_resource_definitions() -> list[Manifest]:
    """All of them, in the order of their plural names."""
    return [item.manifest() for item in sorted(DEFINITIONS, key=lambda item: item.plural)]
