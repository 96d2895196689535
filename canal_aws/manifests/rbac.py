"""Accounts, roles and bindings: the same rights as upstream's, no more.

Groups, resources and verbs from Calico's manifests/canal.yaml and calico.yaml at v3.32.1, and flannel's from
Documentation/kube-flannel.yml (flannel v0.28), which reads its node where older ones only listed.
"""

from __future__ import annotations

from collections.abc import Iterable

from architectures import Architecture, Flannel, PodAddresses
from canal_aws.manifests.kube_controllers_role import KUBE_CONTROLLERS_RULES
from canal_aws.manifests.node_agent import CNI_PLUGIN_ACCOUNT, KUBE_CONTROLLERS, NodeAgent, node_agent
from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest
from canal_aws.manifests.rules import CALICO, CORE, READ, rule

_GROUP = "rbac.authorization.k8s.io"

# Beside the kinds of today, the node agent may read two of Calico 2's that it migrates.
_CALICO_CONFIGURATION = (
    "globalfelixconfigs",
    "globalbgpconfigs",
    "felixconfigurations",
    "bgppeers",
    "bgpfilters",
    "bgpconfigurations",
    "ippools",
    "ipreservations",
    "ipamblocks",
    "globalnetworkpolicies",
    "stagedglobalnetworkpolicies",
    "networkpolicies",
    "stagednetworkpolicies",
    "stagedkubernetesnetworkpolicies",
    "globalnetworksets",
    "networksets",
    "clusterinformations",
    "hostendpoints",
    "blockaffinities",
    "caliconodestatuses",
    "tiers",
)
_FLANNEL_RULES = (
    rule(CORE, ["pods"], ["get"]),
    rule(CORE, ["nodes"], READ),
    rule(CORE, ["nodes/status"], ["patch"]),
)


def service_accounts(architecture: Architecture) -> list[Manifest]:
    """The accounts of the controllers, the node agent and the CNI plugin."""
    names = (KUBE_CONTROLLERS, node_agent(architecture).name, CNI_PLUGIN_ACCOUNT)
    return [manifest("v1", "ServiceAccount", name, namespace=NAMESPACE) for name in names]


def cluster_roles(architecture: Architecture) -> list[Manifest]:
    """What each account may do."""
    ipam = architecture.pod_addresses is PodAddresses.CALICO_IPAM
    rules: dict[str, Iterable[Manifest]] = {
        KUBE_CONTROLLERS: KUBE_CONTROLLERS_RULES,
        "calico-node": _node_rules(node_agent(architecture), ipam=ipam),
        CNI_PLUGIN_ACCOUNT: _cni_rules(ipam=ipam),
        # Lets the garbage collector look at policies of a tier.
        "calico-tier-getter": (rule(["projectcalico.org"], ["tiers"], ["get"]),),
    }
    if isinstance(architecture.networking, Flannel):
        rules["flannel"] = _FLANNEL_RULES
    return [manifest(f"{_GROUP}/v1", "ClusterRole", name, rules=list(items)) for name, items in rules.items()]


def cluster_role_bindings(architecture: Architecture) -> list[Manifest]:
    """Who has which role."""
    agent = node_agent(architecture)
    bindings = [
        binding(KUBE_CONTROLLERS, KUBE_CONTROLLERS, account(KUBE_CONTROLLERS)),
        binding(agent.calico_binding, "calico-node", account(agent.name)),
        binding(CNI_PLUGIN_ACCOUNT, CNI_PLUGIN_ACCOUNT, account(CNI_PLUGIN_ACCOUNT)),
        binding(
            "calico-tier-getter",
            "calico-tier-getter",
            {"kind": "User", "apiGroup": _GROUP, "name": "system:kube-controller-manager"},
        ),
    ]
    if isinstance(architecture.networking, Flannel):
        bindings.append(binding(f"{agent.name}-flannel", "flannel", account(agent.name)))
    return bindings


def _node_rules(agent: NodeAgent, *, ipam: bool) -> list[Manifest]:
    tokens = list(dict.fromkeys((agent.cni_account, CNI_PLUGIN_ACCOUNT)))
    rules = [
        # calico-node fetches the CNI plugin's tokens.
        rule(CORE, ["serviceaccounts/token"], ["create"], names=tokens),
        rule(CORE, ["pods", "nodes", "namespaces"], ["get"]),
        rule(["discovery.k8s.io"], ["endpointslices"], ["watch", "list"]),
        rule(CORE, ["endpoints", "services"], READ),
        # The pod CIDR of kubeadm's own ConfigMap.
        rule(CORE, ["configmaps"], ["get"]),
        # Node annotations, and the condition NetworkUnavailable.
        rule(CORE, ["nodes/status"], ["patch", "update"]),
        rule(["networking.k8s.io"], ["networkpolicies"], ["watch", "list"]),
        rule(["policy.networking.k8s.io"], ["clusternetworkpolicies"], ["watch", "list"]),
        rule(CORE, ["pods", "namespaces", "serviceaccounts"], ["list", "watch"]),
        rule(CORE, ["pods/status"], ["patch"]),
        rule(CALICO, _CALICO_CONFIGURATION, READ),
        # What calico-node makes when it first starts.
        rule(CALICO, ["tiers"], ["create"]),
        rule(
            CALICO,
            ["ippools", "felixconfigurations", "bgpconfigurations", "clusterinformations"],
            ["create", "update"],
        ),
        rule(CALICO, ["caliconodestatuses"], ["update"]),
        rule(CORE, ["nodes"], READ),
        rule(CALICO, ["bgpconfigurations", "bgppeers"], ["create", "update"]),
        rule(["kubevirt.io"], ["virtualmachineinstancemigrations"], READ),
    ]
    if ipam:
        rules += [
            rule(
                CALICO,
                ["blockaffinities", "ipamblocks", "ipamhandles"],
                ["get", "list", "create", "update", "delete"],
            ),
            rule(CALICO, ["ipamconfigurations", "ipamconfigs"], ["get", "create"]),
            # confd aggregates a node's blocks into routes.
            rule(CALICO, ["blockaffinities"], ["watch"]),
            # upgrade-ipam looks whether the other nodes still use host-local.
            rule(["apps"], ["daemonsets"], ["get"]),
        ]
    return rules


def _cni_rules(*, ipam: bool) -> list[Manifest]:
    rules = [
        rule(CORE, ["pods", "nodes", "namespaces"], ["get"]),
        rule(CORE, ["pods/status"], ["patch"]),
    ]
    if ipam:
        rules += [
            rule(
                CALICO,
                [
                    "blockaffinities",
                    "ipamblocks",
                    "ipamhandles",
                    "clusterinformations",
                    "ippools",
                    "ipreservations",
                    "ipamconfigurations",
                    "ipamconfigs",
                ],
                ["get", "list", "create", "update", "delete"],
            ),
            rule(["kubevirt.io"], ["virtualmachineinstances", "virtualmachines"], ["get"]),
        ]
    return rules


def account(name: str) -> Manifest:
    """A ServiceAccount as the subject of a binding."""
    return {"kind": "ServiceAccount", "name": name, "namespace": NAMESPACE}


def binding(name: str, role: str, *subjects: Manifest, namespace: str | None = None) -> Manifest:
    """A ClusterRoleBinding to a ClusterRole; with `namespace` a RoleBinding to a Role there."""
    scope = "" if namespace else "Cluster"
    reference = {"apiGroup": _GROUP, "kind": f"{scope}Role", "name": role}
    return manifest(
        f"{_GROUP}/v1", f"{scope}RoleBinding", name, namespace=namespace, roleRef=reference, subjects=list(subjects)
    )
