"""The kinds that Calico keeps its data in: 22 of its own and the Kubernetes network-policy API's."""

from __future__ import annotations

from canal_aws.manifests.crds.definition import Definition
from canal_aws.manifests.objects import Manifest

_OPEN = {
    "properties": {
        "spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    }
}
_K = [
    ("BGPConfiguration", "bgpconfigurations", 0),
    ("BGPFilter", "bgpfilters", 0),
    ("BGPPeer", "bgppeers", 0),
    ("BlockAffinity", "blockaffinities", 0),
    ("CalicoNodeStatus", "caliconodestatuses", 0),
    ("ClusterInformation", "clusterinformations", 0),
    ("FelixConfiguration", "felixconfigurations", 0),
    ("GlobalNetworkPolicy", "globalnetworkpolicies", 0),
    ("GlobalNetworkSet", "globalnetworksets", 0),
    ("HostEndpoint", "hostendpoints", 0),
    ("IPAMBlock", "ipamblocks", 0),
    ("IPAMConfig", "ipamconfigs", 0),
    ("IPAMHandle", "ipamhandles", 0),
    ("IPPool", "ippools", 0),
    ("IPReservation", "ipreservations", 0),
    ("KubeControllersConfiguration", "kubecontrollersconfigurations", 0),
    ("NetworkPolicy", "networkpolicies", 1),
    ("NetworkSet", "networksets", 1),
    ("StagedGlobalNetworkPolicy", "stagedglobalnetworkpolicies", 0),
    ("StagedKubernetesNetworkPolicy", "stagedkubernetesnetworkpolicies", 1),
    ("StagedNetworkPolicy", "stagednetworkpolicies", 1),
    ("Tier", "tiers", 0),
]


def custom_resource_definitions() -> list[Manifest]:
    """All of them, by name."""
    items = [Definition(k, p, _OPEN, namespaced=bool(n), status=k == "KubeControllersConfiguration") for k, p, n in _K]
    items.append(
        Definition(
            "ClusterNetworkPolicy",
            "clusternetworkpolicies",
            _OPEN,
            group="policy.networking.k8s.io",
            version="v1alpha2",
            status=True,
            short_names=("cnp",),
            annotations={
                "api-approved.kubernetes.io": "https://github.com/kubernetes-sigs/network-policy-api/pull/347"
            },
        )
    )
    return [item.manifest() for item in items]
