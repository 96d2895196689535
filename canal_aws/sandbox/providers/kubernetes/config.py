"""The provider's own configuration: what is modelled of it, and what becomes of a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from canal_aws.sandbox.providers.kubernetes.errors import ClusterUnreachable
from canal_aws.sandbox.providers.kubernetes.kubeconfig import Access, active_cluster, read
from canal_aws.sandbox.providers.values import UNKNOWN

CLUSTER_KEYS = ("kubeconfig", "context", "cluster")
"""Together they choose the cluster (provider.go, `DiffConfig`)."""

FLAGS = {
    "deleteUnreachable": "PULUMI_K8S_DELETE_UNREACHABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enablePatchForce": "PULUMI_K8S_ENABLE_PATCH_FORCE",
    "upsertExistingObjects": "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
}
"""Each with the environment variable that stands in where the flag is not given (provider.go, `Configure`)."""

WITHOUT_EFFECT = ("suppressDeprecationWarnings", "suppressHelmHookWarnings")
"""They silence warnings that the stand-in does not give."""

MODELLED = (*CLUSTER_KEYS, "namespace", "clusterIdentifier", *FLAGS, *WITHOUT_EFFECT)


@dataclass(frozen=True)
class Config:
    """The flags are the official provider's, with its defaults."""

    kubeconfig: str | None
    context: str = ""
    cluster: str = ""
    namespace: str = ""
    delete_unreachable: bool = False
    config_map_mutable: bool = False
    patch_force: bool = False
    upsert: bool = False

    @classmethod
    def from_properties(cls, given: Mapping[str, Any], environment: Mapping[str, str]) -> Config:
        """From checked properties; `kubeconfig` is None while a preview does not know it yet."""
        known = {key: "" if value is UNKNOWN else str(value) for key, value in given.items()}
        text = given.get("kubeconfig")
        return cls(
            kubeconfig=None if text is UNKNOWN or text is None else str(text),
            context=known.get("context", ""),
            cluster=known.get("cluster", ""),
            namespace=known.get("namespace", ""),
            delete_unreachable=_flag("deleteUnreachable", given, environment),
            config_map_mutable=_flag("enableConfigMapMutable", given, environment),
            patch_force=_flag("enablePatchForce", given, environment),
            upsert=_flag("upsertExistingObjects", given, environment),
        )

    def access(self) -> Access:
        """Raises ClusterUnreachable where the kubeconfig leads nowhere, or is not known yet."""
        if self.kubeconfig is None:
            raise ClusterUnreachable("kubeconfig: it is not known yet")
        return read(self.kubeconfig, self.context, self.cluster, self.namespace)


def failures(given: Mapping[str, Any], environment: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with the configuration: each property with the reason."""
    found = [
        (key, "is not modelled by the stand-in for pulumi-kubernetes; the official plugin may know it")
        for key in given
        if key not in MODELLED and key != "version" and not key.startswith("__")
    ]
    if given.get("kubeconfig") in (None, ""):
        reason = (
            "is required: the stand-in for pulumi-kubernetes uses no ambient kubeconfig, lest it touch another cluster"
        )
        found.append(("kubeconfig", reason))
    if given.get("enableServerSideApply") is not UNKNOWN and not _flag(
        "enableServerSideApply", given, environment, True
    ):
        found.append(("enableServerSideApply", "false is not modelled by the stand-in for pulumi-kubernetes"))
    return found


def diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Changed properties, and those of them that replace the provider and with it everything on the cluster.

    The cluster is told by its entry in the kubeconfig (server and authority), unless `clusterIdentifier` names it
    and stays; new credentials for the same cluster replace nothing (provider.go, `DiffConfig`).
    """
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    identifiers = (old.get("clusterIdentifier"), new.get("clusterIdentifier"))
    if all(identifiers):
        return changed, [] if identifiers[0] == identifiers[1] else ["clusterIdentifier"]
    unknown = [key for key in CLUSTER_KEYS if new.get(key) is UNKNOWN]
    if unknown:
        return changed, unknown
    clusters = [active_cluster(*(str(given.get(key) or "") for key in CLUSTER_KEYS)) for given in (old, new)]
    if None in clusters or clusters[0] == clusters[1]:
        return changed, []
    return changed, [key for key in changed if key in CLUSTER_KEYS]


def _flag(key: str, given: Mapping[str, Any], environment: Mapping[str, str], default: bool = False) -> bool:
    value = given.get(key)
    if value is None:
        value = environment.get(FLAGS[key])
    return default if value is None else str(value).lower() == "true"
