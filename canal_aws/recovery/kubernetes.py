"""Finding Kubernetes objects by kind, namespace and name, on the cluster whose kubeconfig the state holds.

An object that is there must enter the state: pulumi-kubernetes refuses to create one that exists already (await.go,
`Creation`). Its field manager, a name with a random end, was chosen by the killed plugin; the object names it in its
managedFields. Without it the next change would be another manager's, and so a conflict (server-side apply).
"""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import yaml

from canal_aws.recovery.aws_clients import CONNECTIONS
from canal_aws.recovery.deployment import Deployment, Pending
from canal_aws.recovery.errors import ClusterSilent

PREFIX = "kubernetes:"
_FIELD_MANAGER = "__fieldManager"
_MANAGER_PREFIX = "pulumi-kubernetes"
_SECONDS = 20.0
#: Where the engine puts what it decrypted, as JSON (pulumi, sdk/go/common/resource: SecretV1).
_PLAINTEXT = "plaintext"


class Cluster:
    """A Kubernetes API. ClusterSilent where it does not answer, or not to us."""

    def __init__(self, kubeconfig: str) -> None:
        document = yaml.safe_load(kubeconfig)
        cluster, user = document["clusters"][0]["cluster"], document["users"][0].get("user") or {}
        self.server = str(cluster["server"]).rstrip("/")
        self._context = _context(cluster, user)
        self._token = user.get("token")

    def get(self, path: str) -> Any:
        """The answer, decoded; None where there is no such thing."""
        request = Request(self.server + path, headers={"Accept": "application/json"})
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        try:
            with urlopen(request, timeout=_SECONDS, context=self._context) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code == 404:
                return None
            raise ClusterSilent(self._silent(f"HTTP {error.code} {error.reason}")) from None
        except (OSError, ValueError) as error:
            raise ClusterSilent(self._silent(str(getattr(error, "reason", error)))) from None

    def _silent(self, reason: str) -> str:
        return (
            f"the Kubernetes API at {self.server} does not say which objects are there ({reason}), and nothing was changed: "
            "run recover again when it answers (is this address within apiAllowedCidrs?); where the cluster is gone for "
            "good, `canal-aws recover --cluster-gone` takes them for gone"
        )


def _context(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> ssl.SSLContext:
    authority = cluster.get("certificate-authority-data")
    context = ssl.create_default_context(cadata=base64.b64decode(authority).decode() if authority else None)
    if user.get("client-certificate-data"):
        # OpenSSL reads certificates and keys from files alone; this one is the owner's only, and gone at once.
        with tempfile.NamedTemporaryFile(prefix="canal-aws-") as file:
            file.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
            file.flush()
            context.load_cert_chain(file.name)
    return context


Found = dict[str, tuple[str, Mapping[str, Any]]]


def find(secrets_shown: Deployment, pending: Iterable[Pending]) -> Found:
    """URN → id and further outputs of the objects that are there; `secrets_shown` holds the kubeconfigs in plain."""
    found: Found = {}
    by_provider: dict[str, list[Pending]] = {}
    for item in pending:
        by_provider.setdefault(item.provider, []).append(item)
    for provider, items in by_provider.items():
        cluster = Cluster(_plain(secrets_shown.inputs_of(provider)["kubeconfig"]))
        found |= _found_on(cluster, items)
    return found


def _found_on(cluster: Cluster, items: list[Pending]) -> Found:
    plurals = {version: _plurals(cluster, version) for version in {str(item.inputs["apiVersion"]) for item in items}}
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        lives = list(threads.map(lambda item: _live(cluster, plurals, item), items))
    pairs = zip(items, lives, strict=True)
    return {item.urn: (_id(live), _further(live)) for item, live in pairs if live is not None}


def _plain(value: Any) -> str:
    return str(json.loads(value[_PLAINTEXT])) if isinstance(value, Mapping) else str(value)


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
