"""What the driver's two accounts may do; each sidecar's rights as its own project lists them (deploy/kubernetes/rbac.yaml
of kubernetes-csi/external-provisioner, external-attacher, external-resizer), without snapshots'."""

from __future__ import annotations

from canal_aws.manifests.add_ons.ebs_csi.names import CONTROLLER, CONTROLLER_ACCOUNT, LABEL, NODE, NODE_ACCOUNT
from canal_aws.manifests.objects import NAMESPACE, Manifest, manifest
from canal_aws.manifests.rbac import account, binding
from canal_aws.manifests.rules import CORE, READ, rule

_API = "rbac.authorization.k8s.io/v1"
_STORAGE = ("storage.k8s.io",)
_LEASES = "ebs-csi-leases"
_CONTROLLER_RULES = (
    rule(CORE, ["persistentvolumes"], [*READ, "create", "update", "patch", "delete"]),
    rule(CORE, ["persistentvolumeclaims"], [*READ, "update"]),
    rule(CORE, ["persistentvolumeclaims/status"], ["update", "patch"]),
    rule(CORE, ["events"], ["list", "watch", "create", "update", "patch"]),
    rule(CORE, ["nodes", "pods"], READ),
    rule(_STORAGE, ["storageclasses", "csinodes", "volumeattributesclasses"], READ),
    rule(_STORAGE, ["volumeattachments"], [*READ, "update", "patch"]),
    rule(_STORAGE, ["volumeattachments/status"], ["patch"]),
)
_NODE_RULES = (
    # Upstream's may patch Nodes as well, to take a start-up taint away that nothing sets here. With that right, whoever
    # holds one node could change every other.
    rule(CORE, ["nodes"], ["get"]),
    rule(_STORAGE, ["csinodes"], ["get"]),
    rule(_STORAGE, ["volumeattachments"], READ),
)


def accounts() -> list[Manifest]:
    """The controller's and the node's."""
    return [
        manifest("v1", "ServiceAccount", name, namespace=NAMESPACE, labels=LABEL)
        for name in (CONTROLLER_ACCOUNT, NODE_ACCOUNT)
    ]


def roles() -> list[Manifest]:
    """Theirs in the cluster, and the controller's in its namespace."""
    leases = rule(["coordination.k8s.io"], ["leases"], [*READ, "create", "update", "patch", "delete"])
    return [
        manifest(_API, "ClusterRole", CONTROLLER, labels=LABEL, rules=list(_CONTROLLER_RULES)),
        manifest(_API, "ClusterRole", NODE, labels=LABEL, rules=list(_NODE_RULES)),
        manifest(_API, "Role", _LEASES, namespace=NAMESPACE, labels=LABEL, rules=[leases]),
    ]


def bindings() -> list[Manifest]:
    """Who has which role."""
    return [
        binding(CONTROLLER, CONTROLLER, account(CONTROLLER_ACCOUNT)),
        binding(NODE, NODE, account(NODE_ACCOUNT)),
        binding(_LEASES, _LEASES, account(CONTROLLER_ACCOUNT), namespace=NAMESPACE),
    ]
