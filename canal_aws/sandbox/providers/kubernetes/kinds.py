"""The kinds that the stand-in models: their properties, and the changes that need a new object.

`replaces` follows the official provider's own table (provider/pkg/provider/diff.go, `forceNew`). Unsure means
replace: nothing here is unsure, since the API server itself refuses what it holds immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from canal_aws.sandbox.providers.kubernetes.errors import ProviderError

IDENTITY = ("apiVersion", "kind", "metadata.name", "metadata.namespace")
"""A change of these always means another object."""

CALICO_GROUP = "crd.projectcalico.org"

CRD = "CustomResourceDefinition"


@dataclass(frozen=True)
class Kind:
    """A kind as the API knows it. `namespaced` is None where only its CustomResourceDefinition can tell.

    `patches` is for the official SDKs' Patch types: fields set on an object that somebody else makes and removes, by
    server-side apply with a field manager of the patch's own (the SDK's NodePatch, and the how-to guide "Managing
    resources with server-side apply").
    """

    api_version: str
    name: str
    properties: frozenset[str]
    namespaced: bool | None
    replaces: tuple[str, ...] = ()
    patches: bool = False

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def is_crd(self) -> bool:
        return self.name == CRD

    @property
    def is_custom(self) -> bool:
        """Whether a CustomResourceDefinition defines it, so that its values are kept as they were sent."""
        return self.group == CALICO_GROUP


_RBAC = "rbac.authorization.k8s.io/v1"
_STORAGE_CLASS = frozenset(
    {
        "provisioner",
        "parameters",
        "reclaimPolicy",
        "volumeBindingMode",
        "allowVolumeExpansion",
        "mountOptions",
        "allowedTopologies",
    }
)

_KINDS = (
    # diff.go replaces a ConfigMap on changed data unless `enableConfigMapMutable` is set.
    Kind("v1", "ConfigMap", frozenset({"data", "binaryData", "immutable"}), True, ("data", "binaryData")),
    Kind("v1", "Namespace", frozenset({"spec"}), False),
    Kind("v1", "ServiceAccount", frozenset({"automountServiceAccountToken", "imagePullSecrets", "secrets"}), True),
    Kind(_RBAC, "ClusterRole", frozenset({"rules", "aggregationRule"}), False),
    Kind(_RBAC, "Role", frozenset({"rules"}), True),
    # roleRef is immutable: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example
    Kind(_RBAC, "ClusterRoleBinding", frozenset({"roleRef", "subjects"}), False, ("roleRef",)),
    Kind(_RBAC, "RoleBinding", frozenset({"roleRef", "subjects"}), True, ("roleRef",)),
    Kind("apiextensions.k8s.io/v1", CRD, frozenset({"spec"}), False),
    # spec.selector is immutable in apps/v1:
    # https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#label-selector-updates
    Kind("apps/v1", "DaemonSet", frozenset({"spec"}), True, ("spec.selector",)),
    Kind("apps/v1", "Deployment", frozenset({"spec"}), True, ("spec.selector",)),
    # diff.go lists policy/v1beta1 alone: a policy/v1 budget is updated in place.
    Kind("policy/v1", "PodDisruptionBudget", frozenset({"spec"}), True),
    Kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", frozenset({"spec"}), False),
    Kind("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", frozenset({"spec"}), False),
    Kind("storage.k8s.io/v1", "CSIDriver", frozenset({"spec"}), False),
    # reclaimPolicy and volumeBindingMode are not in diff.go's table: the API server refuses such an update.
    Kind("storage.k8s.io/v1", "StorageClass", _STORAGE_CLASS, False, ("parameters", "provisioner")),
)

_PATCH = "Patch"
#: Built-in kinds of which the patch is modelled, and nothing else: kubelets make Nodes.
_PATCHED = (Kind("v1", "Node", frozenset({"spec"}), False, patches=True),)

_TABLE: Mapping[tuple[str, str], Kind] = {(kind.api_version, kind.name): kind for kind in _KINDS}


def kind_of(token: str) -> Kind:
    """The kind behind a resource type such as `kubernetes:apps/v1:DaemonSet`.

    Raises ProviderError for one that is not modelled.
    """
    # The type in a child's URN has its parents' in front, each with a $ behind it.
    _, _, rest = token.rpartition("$")[2].partition(":")
    module, _, name = rest.rpartition(":")
    group, _, version = module.rpartition("/")
    # The official plugin calls the core group `core` in tokens; the API has no name for it.
    api_version = version if group == "core" else module
    found = _TABLE.get((api_version, name))
    if found:
        return found
    patches = name.endswith(_PATCH)
    if patches:
        for kind in _PATCHED:
            if (kind.api_version, f"{kind.name}{_PATCH}") == (api_version, name):
                return kind
    if group == CALICO_GROUP and version == "v1" and name:
        return Kind(api_version, name.removesuffix(_PATCH), frozenset({"spec"}), None, patches=patches)
    names = [*(f"{kind.api_version}/{kind.name}" for kind in _KINDS), *(f"{kind.name}{_PATCH}" for kind in _PATCHED)]
    known = ", ".join(sorted(names))
    raise ProviderError(
        f"{token} is not a type that the stand-in for pulumi-kubernetes models; the official plugin may know it. "
        f"Modelled are {known} and the kinds of {CALICO_GROUP}/v1 and their patches"
    )
