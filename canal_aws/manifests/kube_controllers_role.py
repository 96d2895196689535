"""What calico-kube-controllers may do (Calico's manifests at v3.32.1)."""

from __future__ import annotations

from canal_aws.manifests.rules import CALICO, CORE, READ, rule

_ALL_BUT_PATCH = ("get", "list", "create", "update", "delete", "watch")

KUBE_CONTROLLERS_RULES = (
    # Nodes and pods that are gone give their addresses back.
    rule(CORE, ["nodes"], READ),
    rule(CORE, ["pods"], READ),
    rule(CORE, ["namespaces"], READ),
    # Addresses for Services of type LoadBalancer.
    rule(CORE, ["services", "services/status"], ["get", "list", "update", "watch"]),
    rule(CALICO, ["ipreservations"], ["list"]),
    rule(
        CALICO,
        ["blockaffinities", "ipamblocks", "ipamhandles", "ipamconfigurations", "ipamconfigs", "tiers"],
        _ALL_BUT_PATCH,
    ),
    rule(CALICO, ["ippools"], ["list", "watch"]),
    rule(CALICO, ["hostendpoints"], _ALL_BUT_PATCH),
    rule(CALICO, ["clusterinformations"], ["get", "list", "create", "update", "watch"]),
    # Its own configuration, made where it is missing.
    rule(CALICO, ["kubecontrollersconfigurations"], ["get", "list", "create", "update", "watch"]),
    rule(CALICO, ["kubecontrollersconfigurations/status"], ["get", "update"]),
    # Policies of older versions get their tier into the name.
    rule(
        CALICO,
        [
            "networkpolicies",
            "stagednetworkpolicies",
            "globalnetworkpolicies",
            "stagedglobalnetworkpolicies",
        ],
        _ALL_BUT_PATCH,
    ),
    # From here on: moving the data from the group crd.projectcalico.org to projectcalico.org, once an operator asks.
    rule(["apps"], ["daemonsets", "deployments"], READ),
    rule(
        ["migration.projectcalico.org"],
        ["datastoremigrations", "datastoremigrations/status"],
        ["get", "list", "watch", "create", "update", "patch"],
    ),
    rule(["apiextensions.k8s.io"], ["customresourcedefinitions"], ["get", "list", "watch", "delete"]),
    rule(["apiregistration.k8s.io"], ["apiservices"], ["get", "list", "watch", "create", "delete"]),
    rule(["projectcalico.org"], ["*"], ["get", "list", "watch", "create", "update", "patch", "delete"]),
    rule(["crd.projectcalico.org"], ["*"], READ),
    # Addresses of KubeVirt's machines.
    rule(["kubevirt.io"], ["virtualmachines", "virtualmachineinstances"], READ),
)
