"""Finding Kubernetes objects by kind, namespace and name, on the cluster whose kubeconfig the state holds.

An object that is there must enter the state: pulumi-kubernetes refuses to create one that exists already (await.go,
`Creation`). Its field manager, a name with a random end, was chosen by the killed plugin; the object names it in its
managedFields. Without it the next change would be another manager's, and so a conflict (server-side apply).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from canal_aws.recovery.errors import ClusterSilent
from canal_aws.stack.aws_clients import CONNECTIONS
from canal_aws.stack.deployment import Deployment, Pending
from canal_aws.stack.errors import ApiError
from canal_aws.stack.kubernetes_api import KubernetesApi

PREFIX = "kubernetes:"
_FIELD_MANAGER = "__fieldManager"
_MANAGER_PREFIX = "pulumi-kubernetes"


class Cluster:
    """The API whose objects are looked for. ClusterSilent where it does not answer, or not to us."""

    def __init__(self, kubeconfig: str) -> None:
        self._api = KubernetesApi(kubeconfig)

    def get(self, path: str) -> Any:
        """The answer, decoded; None where there is no such thing."""
        try:
            return self._api.find(path)
        except ApiError as error:
            raise ClusterSilent(
                f"the Kubernetes API at {self._api.server} does not say which objects are there ({error}), and nothing was "
                "changed: run recover again when it answers (is this address within apiAllowedCidrs?); where the cluster "
                "is gone for good, `canal-aws recover --cluster-gone` takes them for gone"
            ) from None


Found = dict[str, tuple[str, Mapping[str, Any]]]


def find(secrets_shown: Deployment, pending: Iterable[Pending]) -> Found:
    """URN → id and further outputs of the objects that are there; `secrets_shown` holds the kubeconfigs in plain."""
    found: Found = {}
    by_provider: dict[str, list[Pending]] = {}
    for item in pending:
        by_provider.setdefault(item.provider, []).append(item)
    for provider, items in by_provider.items():
        cluster = Cluster(str(secrets_shown.inputs_of(provider)["kubeconfig"]))
        found |= _found_on(cluster, items)
    return found


def _found_on(cluster: Cluster, items: list[Pending]) -> Found:
    plurals = {version: _plurals(cluster, version) for version in {str(item.inputs["apiVersion"]) for item in items}}
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        lives = list(threads.map(lambda item: _live(cluster, plurals, item), items))
    pairs = zip(items, lives, strict=True)
    return {item.urn: (_id(live), _further(live)) for item, live in pairs if live is not None}


def _base(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def _plurals(cluster: Cluster, api_version: str) -> dict[str, tuple[str, bool]]:
    """Kind → its name in URLs and whether it is namespaced; empty where the API does not serve the group yet."""
    listed = (cluster.get(_base(api_version)) or {}).get("resources", ())
    return {item["kind"]: (item["name"], item["namespaced"]) for item in listed if "/" not in item["name"]}


def _live(cluster: Cluster, plurals: Mapping[str, dict[str, tuple[str, bool]]], item: Pending) -> Any:
    version, metadata = str(item.inputs["apiVersion"]), item.inputs["metadata"]
    served = plurals[version].get(str(item.inputs["kind"]))
    if served is None:
        return None
    plural, namespaced = served
    within = f"/namespaces/{metadata.get('namespace', 'default')}" if namespaced else ""
    return cluster.get(f"{_base(version)}{within}/{plural}/{metadata['name']}")


def _id(live: Mapping[str, Any]) -> str:
    metadata = live["metadata"]
    return "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))


def _further(live: Mapping[str, Any]) -> dict[str, Any]:
    managers = [str(entry.get("manager", "")) for entry in live["metadata"].get("managedFields") or ()]
    ours = [manager for manager in managers if manager.startswith(_MANAGER_PREFIX)]
    return {_FIELD_MANAGER: ours[0]} if ours else {}
